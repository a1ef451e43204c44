internal import COpenSSL

/// One RSA public key that was checked when it was loaded.
struct RSAPublicKey: Sendable {
    private let check: SignatureCheck
    private let signatureLength: Int
    /// SHA-256 of the key's SubjectPublicKeyInfo, in hexadecimal.
    let fingerprint: String

    /// Loads a SubjectPublicKeyInfo. Refuses a key that must not be trusted; `number` names it in the error.
    init(spki der: [UInt8], number: Int) throws(PlatformKeyError) {
        guard let key = Self.parse(der) else { throw .malformed(key: number) }
        guard key.isRSA else { throw .notRSA(key: number) }
        guard (2048...8192).contains(key.bits) else { throw .badLength(key: number, bits: key.bits) }
        guard let exponent = key.number("e"), let last = exponent.last, last & 1 == 1, exponent != [1] else {
            throw .badExponent(key: number)
        }
        guard let modulus = key.number("n"), Self.isSound(key), !hasROCAFingerprint(modulus) else {
            throw .weakModulus(key: number)
        }
        guard let spki = key.spki, let fingerprint = SHA256.algorithm?.hexadecimal(spki),
            let check = SignatureCheck(key)
        else {
            throw .malformed(key: number)
        }
        self.check = check
        self.signatureLength = key.signatureLength
        self.fingerprint = fingerprint
    }

    /// Whether `signature` is RS256 (RSASSA-PKCS1-v1_5 with SHA-256) over `message` under this key.
    func verify(_ signature: [UInt8], over message: Span<UInt8>) -> Bool {
        // Exactly the length of the modulus (RFC 8017 section 8.2.2): no shorter or longer spelling of the same number.
        signature.count == signatureLength && check.verify(signature, over: message)
    }

    /// Reads DER that must end where the key ends.
    private static func parse(_ der: [UInt8]) -> OpenSSLKey? {
        unsafe der.withUnsafeBufferPointer { buffer -> OpenSSLKey? in
            var position = buffer.baseAddress
            let end = unsafe buffer.baseAddress.map { unsafe $0 + buffer.count }
            let key = unsafe OpenSSLKey(owning: d2i_PUBKEY(nil, &position, buffer.count))
            return unsafe position == end ? key : nil
        }
    }

    /// OpenSSL's own check of a public key: odd modulus, no small factor, neither a prime nor a power of one.
    private static func isSound(_ key: OpenSSLKey) -> Bool {
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key.pointer, nil) else { return false }
        defer {
            unsafe EVP_PKEY_CTX_free(context)
            ERR_clear_error()
        }
        return unsafe EVP_PKEY_public_check(context) == 1
    }
}
