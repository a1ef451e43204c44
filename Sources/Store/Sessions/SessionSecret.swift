import Installations
import Sealing

/// The form of a session's secret, `<16 hex>_<64 hex>`: the id finds the row, the keyed digest of all that decides.
enum SessionSecret {
    /// A new secret and the id in it.
    static func random() -> (id: String, secret: SecretBytes) {
        let id = RandomText.hexadecimal(bytes: 8)
        return (id, RandomText.secret(behind: "\(id)_"))
    }

    /// The id inside a presented secret; nil when it does not look like one of ours.
    static func id(inside secret: SecretBytes) -> String? {
        secret.expose("find the session's id") { bytes in
            let parts = String(decoding: bytes, as: UTF8.self).split(separator: "_", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].utf8.count == 16, parts[1].utf8.count == 64 else { return nil }
            return String(parts[0])
        }
    }
}
