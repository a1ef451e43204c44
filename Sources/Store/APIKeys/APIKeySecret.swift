package import Sealing

/// The form of an API key's secret, `ik_<id>_<64 hex>`: the id finds the row, the keyed hash of the whole decides.
package enum APIKeySecret {
    /// A new secret and the id in it.
    package static func random() -> (id: String, secret: SecretBytes) {
        let id = hexadecimal((0..<4).map { _ in .random(in: .min ... .max) })
        let random = KeyMaterial.random().expose("a new API key's secret") { bytes in [UInt8](bytes) }
        return (id, SecretBytes(utf8: "ik_\(id)_\(hexadecimal(random))"))
    }

    /// The id inside a presented secret; nil when it does not look like one of ours.
    package static func id(inside secret: SecretBytes) -> String? {
        secret.expose("find the API key's id") { bytes in
            let parts = String(decoding: bytes, as: UTF8.self).split(separator: "_")
            guard parts.count == 3, parts[0] == "ik", parts[1].utf8.count == 8 else { return nil }
            return String(parts[1])
        }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
