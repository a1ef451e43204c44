import CSodium

/// XChaCha20-Poly1305 (IETF), the only cipher here and the only file that calls it.
enum AEAD {
    /// Bytes that sealing adds at the end.
    static let tagSize = 16

    /// A number used once per key: 24 bytes, so many that random ones never meet.
    struct Nonce {
        /// Bytes of every nonce.
        static let size = 24

        let bytes: InlineArray<24, UInt8>

        /// A new random nonce.
        static func random() -> Nonce {
            var bytes = InlineArray<24, UInt8>(repeating: 0)
            unsafe withUnsafeMutableBytes(of: &bytes) { unsafe Sodium.fillRandom($0) }
            return Nonce(bytes: bytes)
        }

        private init(bytes: InlineArray<24, UInt8>) {
            self.bytes = bytes
        }

        /// Nil unless there are exactly 24 bytes. libsodium takes no length and would read past a shorter buffer.
        init?(_ source: UnsafeRawBufferPointer) {
            guard source.count == Self.size else { return nil }
            var bytes = InlineArray<24, UInt8>(repeating: 0)
            unsafe withUnsafeMutableBytes(of: &bytes) { unsafe $0.copyMemory(from: source) }
            self.bytes = bytes
        }
    }

    /// Writes ciphertext and tag to `output`, which must be `tagSize` longer than the plaintext.
    static func seal(
        _ plaintext: UnsafeRawBufferPointer,
        associatedData: [UInt8],
        nonce: Nonce,
        key: KeyMaterial,
        into output: UnsafeMutableRawBufferPointer
    ) {
        precondition(output.count == plaintext.count + tagSize, "the output buffer has the wrong size")
        let status = unsafe withUnsafeBytes(of: nonce.bytes) { nonce in
            unsafe key.expose("sealing") { key in
                unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
                    output.cBytes, nil,
                    plaintext.cBytes, UInt64(plaintext.count),
                    associatedData, UInt64(associatedData.count),
                    nil, nonce.cBytes, key.cBytes
                )
            }
        }
        // libsodium returns 0 or does not return. Were that to change, nothing may be stored as if it were sealed.
        precondition(status == 0, "libsodium did not seal")
    }

    /// Checks the tag and writes the plaintext to `output`, which must be `tagSize` shorter than the ciphertext.
    ///
    /// Nothing is decrypted before the tag is checked: when it throws, `output` holds no plaintext.
    static func open(
        _ ciphertext: UnsafeRawBufferPointer,
        associatedData: [UInt8],
        nonce: Nonce,
        key: KeyMaterial,
        into output: UnsafeMutableRawBufferPointer
    ) throws(AEADFailure) {
        guard ciphertext.count >= tagSize else { throw AEADFailure() }
        precondition(output.count == ciphertext.count - tagSize, "the output buffer has the wrong size")
        try unsafe open(
            ciphertext, associatedData: associatedData, nonce: nonce, key: key, into: output.cBytes, as: "opening")
    }

    /// Checks the tag and decrypts nothing: what has the right tag would open.
    static func verify(
        _ ciphertext: UnsafeRawBufferPointer,
        associatedData: [UInt8],
        nonce: Nonce,
        key: KeyMaterial
    ) throws(AEADFailure) {
        guard ciphertext.count >= tagSize else { throw AEADFailure() }
        // Without a place for the plaintext libsodium stops after the tag.
        try unsafe open(
            ciphertext, associatedData: associatedData, nonce: nonce, key: key, into: nil, as: "verifying")
    }

    private static func open(
        _ ciphertext: UnsafeRawBufferPointer,
        associatedData: [UInt8],
        nonce: Nonce,
        key: KeyMaterial,
        into output: UnsafeMutablePointer<UInt8>?,
        as reason: StaticString
    ) throws(AEADFailure) {
        let status = unsafe withUnsafeBytes(of: nonce.bytes) { nonce in
            unsafe key.expose(reason) { key in
                unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
                    output, nil, nil,
                    ciphertext.cBytes, UInt64(ciphertext.count),
                    associatedData, UInt64(associatedData.count),
                    nonce.cBytes, key.cBytes
                )
            }
        }
        guard status == 0 else { throw AEADFailure() }
    }
}

/// The tag does not fit. There is nothing more to say that would not help an attacker.
struct AEADFailure: Error {}
