import Sealing

/// What is chosen at random for somebody to keep: names, and the secrets that begin with them.
enum RandomText {
    /// A name that is no secret.
    static func hexadecimal(bytes count: Int) -> String {
        hexadecimal((0..<count).map { _ in .random(in: .min ... .max) })
    }

    /// A secret of 256 random bits behind its public part.
    static func secret(behind name: String) -> SecretBytes {
        let random = KeyMaterial.random().expose("a new secret that its holder keeps") { bytes in [UInt8](bytes) }
        return SecretBytes(utf8: name + hexadecimal(random))
    }

    /// Two digits for each byte.
    static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
