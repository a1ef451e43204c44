import CSodium

/// 128 bits of a keyed hash of some text, for finding things in a table without keeping the text.
///
/// Two texts that share a name are as hard to come by as a guessed key. Not for comparing secrets: `==` here takes a time
/// that tells where two names differ.
package struct KeyedName: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    fileprivate init(_ words: InlineArray<2, UInt64>) {
        high = words[0]
        low = words[1]
    }
}

/// A key for names: SipHash-2-4 with 128 bits of output (libsodium's `crypto_shorthash_siphashx24`), which is made for
/// tables whose keys a stranger chooses and takes a fifth of a BLAKE2b's time.
package struct NameKey: Sendable {
    private let material: KeyMaterial

    init(material: KeyMaterial) {
        self.material = material
    }

    /// A key that lives as long as the process; names under it mean nothing afterwards.
    package static func random() -> NameKey {
        NameKey(material: .random())
    }

    /// The name of a text under this key.
    package func name(of text: [UInt8]) -> KeyedName {
        var words: InlineArray<2, UInt64> = [0, 0]
        let status = unsafe material.expose("name") { key in
            unsafe withUnsafeMutableBytes(of: &words) { output in
                unsafe text.withUnsafeBytes { text in
                    // It reads 16 bytes of the key and writes 16 of output.
                    unsafe crypto_shorthash_siphashx24(output.cBytes, text.cBytes, UInt64(text.count), key.cBytes)
                }
            }
        }
        // Names that are all alike would make every installation the same one.
        precondition(status == 0, "libsodium did not hash")
        return KeyedName(words)
    }
}
