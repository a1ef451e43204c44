internal import COpenSSL

/// SHA-256, fetched from OpenSSL once: looking an algorithm up by name costs more than hashing a token.
///
/// `@unchecked Sendable`: nothing changes an EVP_MD after it was fetched, and OpenSSL counts its references atomically.
@safe final class SHA256: @unchecked Sendable {
    /// The algorithm; nil when OpenSSL does not offer it, and then no signature verifies.
    static let algorithm = SHA256()

    let pointer: OpaquePointer

    private init?() {
        guard let pointer = unsafe EVP_MD_fetch(nil, "SHA256", nil) else { return nil }
        unsafe self.pointer = unsafe pointer
    }

    /// The digest of `bytes` in hexadecimal.
    func hexadecimal(_ bytes: [UInt8]) -> String? {
        var digest = [UInt8](repeating: 0, count: 32)
        guard unsafe EVP_Digest(bytes, bytes.count, &digest, nil, pointer, nil) == 1 else {
            ERR_clear_error()
            return nil
        }
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
