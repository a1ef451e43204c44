// The parts of OpenSSL 3.0 that Marketplace uses: RSA keys, SHA-256, RS256.
#ifndef INNKEEPER_COPENSSL_SHIM_H
#define INNKEEPER_COPENSSL_SHIM_H

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

// Swift does not see variadic functions: key generation for the stand-in platform.
static inline EVP_PKEY *innkeeper_rsa_generate(size_t bits) {
    return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
}

#endif
