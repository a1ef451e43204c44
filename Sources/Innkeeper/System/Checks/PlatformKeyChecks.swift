import Installations
import Marketplace

/// The check of `doctor` that looks at whose calls are believed.
enum PlatformKeyChecks {
    /// Whether the trusted keys can be read; another key than the platform's own is worth a look.
    static func finding(_ file: String?) -> Finding {
        guard let file else {
            return Finding("platform keys", .ok, "the built-in \(KnownPlatform.clockify.name) key")
        }
        do {
            let keys = try TrustedKeys(pem: try Files.read(file))
            let prints = keys.fingerprints.map { String($0.prefix(16)) }.joined(separator: ", ")
            return Finding("platform keys", .ok, "\(file): \(prints)")
        } catch {
            return Finding(
                "platform keys", .fail, "platform.keys: \(file): \(error)", fix: "name a PEM file with public keys")
        }
    }
}
