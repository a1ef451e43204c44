import CSodium

/// A key for digests: BLAKE2b with a 32-byte key and 32 bytes of output (libsodium's `crypto_generichash`).
///
/// One key serves one use. Digests of bytes and digests of parts must not share a key: the encoding of some parts is
/// also some other message.
package struct MACKey: Sendable {
    private let material: KeyMaterial

    init(material: KeyMaterial) {
        self.material = material
    }

    /// A key that lives as long as the process; digests under it mean nothing afterwards.
    package static func random() -> MACKey {
        MACKey(material: .random())
    }

    /// The digest of the bytes.
    package func digest(of message: UnsafeRawBufferPointer) -> Digest {
        var words: Digest.Words = [0, 0, 0, 0]
        let status = unsafe material.expose("digest") { key in
            unsafe withUnsafeMutableBytes(of: &words) { output in
                unsafe crypto_generichash(
                    output.cBytes, output.count,
                    message.cBytes, UInt64(message.count),
                    key.cBytes, key.count
                )
            }
        }
        // A digest of zeros that is taken for a real one would match every other failure.
        precondition(status == 0, "libsodium did not hash")
        return Digest(words: words)
    }

    /// The digest of the bytes.
    package func digest(of message: [UInt8]) -> Digest {
        unsafe message.withUnsafeBytes { unsafe digest(of: $0) }
    }

    /// The digest of the secret.
    package func digest(of secret: SecretBytes) -> Digest {
        unsafe secret.expose("digest") { unsafe digest(of: $0) }
    }

    /// The digest of several parts. Each is length-prefixed, as in a `SealingContext`: moving a byte from one part to
    /// the next, or leaving a part out, changes the digest.
    package func digest(of parts: [[UInt8]]) -> Digest {
        digest(of: PartsEncoding(parts).bytes)
    }
}
