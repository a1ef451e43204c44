import Ingress
import Installations
import Marketplace
import Sealing
import Store

/// What processes that share a store must be configured with alike, as digests that they show each other: keyed by the deployment,
/// so that who reads the database learns nothing of a secret.
enum ConfigurationDigests {
    /// The digests by name, as hexadecimal texts.
    static func make(
        _ settings: Settings, _ manifests: [Manifest], _ store: Store
    ) throws(StartupError) -> [String: String] {
        let ordered = manifests.sorted { $0.key.text < $1.key.text }
        var digests = ["manifests": store.digest(of: ordered.flatMap { framed($0.bytes) })]
        var platformKeys: [UInt8] = []
        if let file = settings.platformKeysFile { platformKeys = try Files.read(file, isTrusted: true) }
        digests["platform keys"] = store.digest(of: platformKeys)
        digests["forwards"] = store.digest(of: try forwards(settings))
        digests["settings"] = store.digest(of: alike(settings).flatMap { framed(Array($0.utf8)) })
        return digests
    }

    /// Settings that decide about what all share.
    private static func alike(_ settings: Settings) -> [String] {
        [
            "\(settings.platformHosts)", "\(settings.refuseUserClaims)", "\(settings.inboxMaxEvents)",
            "\(settings.inboxMaxBytes)", "\(settings.eventsRetentionDays)", "\(settings.ingress.maxBodyBytes)",
        ]
    }

    /// Secrets by what they sign.
    private static func forwards(_ settings: Settings) throws(StartupError) -> [UInt8] {
        var texts: [String] = []
        for (addonKey, target) in settings.forwards.sorted(by: { $0.key.text < $1.key.text }) {
            let secrets: [SigningSecret]
            do throws(KeyFileError) {
                secrets = try SigningSecretFile.read(target.secretFile)
            } catch {
                throw .keyFile(error)
            }
            texts += [addonKey.text, target.url, "\(secrets.count)"]
            texts += secrets.map { $0.signature(id: "configuration", timestamp: 0, body: []) }
        }
        return texts.flatMap { framed(Array($0.utf8)) }
    }

    /// Bytes that say where they end: what stands behind them cannot be taken for more of them.
    private static func framed(_ bytes: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt64(bytes.count).bigEndian) { unsafe Array($0) } + bytes
    }
}
