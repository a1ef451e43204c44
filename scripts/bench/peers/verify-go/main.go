// A webhook receiver as one would write it in Go: RS256 and the claims by golang-jwt, the stored token by a comparison in
// constant time. It stores nothing.
package main

import (
	"bufio"
	"crypto/rsa"
	"crypto/subtle"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/golang-jwt/jwt"
)

const maxBody = 1 << 20

type claims struct {
	Issuer      string `json:"iss"`
	Type        string `json:"type"`
	Subject     string `json:"sub"`
	WorkspaceID string `json:"workspaceId"`
	AddonID     string `json:"addonId"`
}

// Valid holds the claims to the platform's words; the library calls it after the signature.
func (c *claims) Valid() error {
	if c.Issuer != "clockify" || c.Type != "addon" || c.Subject != "sample-addon" {
		return fmt.Errorf("not a token of this add-on")
	}
	return nil
}

type receiver struct {
	key    *rsa.PublicKey
	tokens map[string][]byte
	parser *jwt.Parser
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if request.Method != http.MethodPost || request.Header.Get("clockify-webhook-event-type") != "NEW_PROJECT" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	token := request.Header.Get("clockify-signature")
	var c claims
	_, err := r.parser.ParseWithClaims(token, &c, func(*jwt.Token) (interface{}, error) { return r.key, nil })
	stored := r.tokens[c.WorkspaceID+"/"+c.AddonID]
	if err != nil || subtle.ConstantTimeCompare(stored, []byte(token)) != 1 {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if _, err := io.ReadAll(http.MaxBytesReader(w, request.Body, maxBody)); err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// Arguments: the platform's public key, a file with workspace, add-on id and token in each line.
func main() {
	pem, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	key, err := jwt.ParseRSAPublicKeyFromPEM(pem)
	if err != nil {
		log.Fatal(err)
	}
	file, err := os.Open(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	tokens := map[string][]byte{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		tokens[fields[0]+"/"+fields[1]] = []byte(fields[2])
	}
	mux := http.NewServeMux()
	mux.Handle("/webhooks/projects", &receiver{key, tokens, &jwt.Parser{ValidMethods: []string{"RS256"}}})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("ready ingress=http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, mux))
}
