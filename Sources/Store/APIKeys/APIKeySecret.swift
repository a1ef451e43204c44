package import Sealing

/// The form of an API key's secret, `ik_<id>_<64 hex>`: the id finds the row, the keyed hash of the whole decides.
package enum APIKeySecret {
    /// A new secret and the id in it.
    package static func random() -> (id: String, secret: SecretBytes) {
        let id = RandomText.hexadecimal(bytes: 4)
        return (id, RandomText.secret(behind: "ik_\(id)_"))
    }

    /// The id inside a presented secret; nil when it does not look like one of ours.
    package static func id(inside secret: SecretBytes) -> String? {
        secret.expose("find the API key's id") { bytes in
            let parts = String(decoding: bytes, as: UTF8.self).split(separator: "_")
            guard parts.count == 3, parts[0] == "ik", parts[1].utf8.count == 8 else { return nil }
            return String(parts[1])
        }
    }
}
