import Listening
import NIOHTTP1
import Testing

@testable import Ingress

@Suite struct RequestFieldsTests {
    private func fields(_ fields: (String, String)..., of version: HTTPVersion = .http1_1) -> RequestFields {
        RequestFields(HTTPHeaders(fields), of: version)
    }

    @Test func `names are compared without case and only in ASCII`() {
        #expect(fields(("HOST", "a")).host == .once("a"))
        #expect(fields(("CLOCKIFY-Signature", "a")).webhookSignature == .once("a"))
        // U+017F, a long s, folds to "s" in Unicode; a name with it is another name.
        #expect(fields(("ho\u{17F}t", "a")).host == .none)
    }

    @Test func `a field that occurs twice has no single value`() {
        #expect(fields(("clockify-signature", "a"), ("Clockify-Signature", "a")).webhookSignature.single == nil)
    }

    @Test func `a list in one field has no single value`() {
        #expect(fields(("clockify-signature", "a,b")).webhookSignature.single == nil)
        #expect(fields(("clockify-signature", "a")).webhookSignature.single == "a")
        #expect(fields().webhookSignature.single == nil)
    }

    @Test func `HTTP 1.1 needs exactly one host and HTTP 1.0 at most one`() {
        #expect(fields().violation == "host")
        #expect(fields(("host", "a")).violation == nil)
        #expect(fields(("host", "a"), ("host", "a")).violation == "host")
        #expect(fields(of: .http1_0).violation == nil)
        #expect(fields(("host", "a"), ("host", "a"), of: .http1_0).violation == "host")
    }

    @Test func `a host that is none is refused by both versions`() {
        for host in ["foo/bar", "a b", "a@b", "a:x", "[::1"] {
            #expect(fields(("host", host)).violation == "host")
            #expect(fields(("host", host), of: .http1_0).violation == "host")
        }
        for host in ["addon.example.com:8080", "[::1]:80", ""] {
            #expect(fields(("host", host)).violation == nil)
        }
    }

    @Test func `who asks to close is heard wherever the word stands`() {
        #expect(fields(("connection", "foo, Close\t, bar")).asksToClose)
        #expect(fields(("connection", "keep-alive"), ("connection", "close")).asksToClose)
        #expect(!fields(("connection", "keep-alive")).asksToClose)
        #expect(!fields(("x", "close")).asksToClose)
    }

    @Test(arguments: [
        [("content-length", "5"), ("transfer-encoding", "chunked")],
        [("transfer-encoding", "chunked"), ("content-length", "5")],
        [("content-length", "5"), ("content-length", "5")],
        [("content-length", "5,5")],
        [("content-length", "+5")],
        [("content-length", "-5")],
        [("content-length", "0x5")],
        [("content-length", "5 5")],
        [("content-length", "")],
        [("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
        [("transfer-encoding", "gzip, chunked")],
        [("transfer-encoding", "chunked, identity")],
        [("transfer-encoding", "identity")],
        [("transfer-encoding", "xchunked")],
    ])
    func `a body that two readers could end in two places is refused`(_ framing: [(String, String)]) {
        #expect(RequestFields(HTTPHeaders([("host", "a")] + framing)).violation == "framing")
    }

    @Test func `HTTP 1.0 has no chunks`() {
        #expect(fields(("transfer-encoding", "chunked"), of: .http1_0).framing == nil)
        #expect(fields(("transfer-encoding", "Chunked")).framing == .chunked)
    }

    @Test func `a length beyond any number is too long and not none`() {
        #expect(fields(("content-length", "99999999999999999999999")).framing == .length(.max))
        #expect(fields(("content-length", "17")).framing == .length(17))
        #expect(fields().framing == .length(0))
    }

    @Test func `the go-ahead is expected only by HTTP 1.1 and only for a body`() {
        #expect(fields(("expect", "100-Continue"), ("content-length", "1")).expectsContinue)
        #expect(!fields(("expect", "100-continue"), ("content-length", "1"), of: .http1_0).expectsContinue)
        #expect(!fields(("expect", "100-continue"), ("content-length", "0")).expectsContinue)
        #expect(!fields(("expect", "something"), ("content-length", "1")).expectsContinue)
    }
}
