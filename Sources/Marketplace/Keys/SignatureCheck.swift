internal import COpenSSL

/// RS256 under one key as OpenSSL has prepared it, copied for each signature: to prepare it anew costs a sixth of all
/// that a verification costs.
///
/// `@unchecked Sendable`: the context is never changed after `init`, only copied, and OpenSSL lets threads share what it
/// takes as `const` (openssl-threads(7)).
@safe final class SignatureCheck: @unchecked Sendable {
    private let template: OpaquePointer

    /// Nil when OpenSSL does not offer RS256 with this key.
    init?(_ key: OpenSSLKey) {
        guard let sha256 = SHA256.algorithm, let template = unsafe EVP_MD_CTX_new() else { return nil }
        // The padding of a plain RSA key is PKCS #1 v1.5 unless asked otherwise.
        guard unsafe EVP_DigestVerifyInit(template, nil, sha256.pointer, nil, key.pointer) == 1 else {
            unsafe EVP_MD_CTX_free(template)
            ERR_clear_error()
            return nil
        }
        unsafe self.template = unsafe template
    }

    // It has a reference to the key, so the key lives as long.
    deinit { unsafe EVP_MD_CTX_free(template) }

    /// Whether `signature` is RSASSA-PKCS1-v1_5 with SHA-256 over `message`.
    func verify(_ signature: [UInt8], over message: Span<UInt8>) -> Bool {
        guard let context = unsafe EVP_MD_CTX_new() else { return false }
        // What OpenSSL left in the thread's error queue must not leak into the next caller's diagnosis.
        defer {
            unsafe EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        guard unsafe EVP_MD_CTX_copy_ex(context, template) == 1 else { return false }
        return unsafe message.withUnsafeBufferPointer { message in
            unsafe EVP_DigestVerify(context, signature, signature.count, message.baseAddress, message.count) == 1
        }
    }
}
