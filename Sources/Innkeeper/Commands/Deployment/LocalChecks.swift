import FoundationEssentials
import Glibc
import Installations
import Marketplace
import Sealing
import Webhooks

/// The checks of `doctor` that need no store: they also work when nothing else does.
struct LocalChecks {
    let directory: DirectoryOption
    let flags: SettingFlags

    /// All findings; and the settings, when they can be used.
    func run() -> ([Finding], Settings?) {
        let settings: Settings
        do throws(SettingsError) {
            settings = try .load(directory, flags)
        } catch {
            let name =
                switch error {
                case .noDataDirectory, .badDataDirectory: "data directory"
                default: "configuration"
                }
            return ([Finding(name, .fail, "\(error)", fix: error.hint ?? "mend what the message names")], nil)
        }
        let findings =
            [Self.access(settings.dataDirectory.path), Finding("configuration", .ok, "all settings are valid")]
            + TrustAnchors(settings: settings).findings()
            + Self.environment(Array(ProcessInfo.processInfo.environment.keys))
            + [Self.storageKeys(settings.keysDirectory), PlatformKeyChecks.finding(settings.platformKeysFile)]
            + Self.manifests(settings.dataDirectory.addonsDirectory) + Self.forwards(settings.forwards)
            + Self.strangers(among: Array(settings.forwards.keys), settings.dataDirectory.addonsDirectory)
        return (findings, settings)
    }

    /// Whether others can look into the data directory.
    static func access(_ path: String) -> Finding {
        guard let isPrivate = isPrivate(path) else {
            return Finding("data directory", .fail, "\(path) cannot be examined", fix: "check its owner and mode")
        }
        guard isPrivate else {
            return Finding("data directory", .warn, "\(path) is open to other users", fix: "chmod 700 \(path)")
        }
        return Finding("data directory", .ok, path)
    }

    /// Environment variables that `serve` does not start with.
    static func environment(_ names: [String]) -> [Finding] {
        EnvironmentNames.unknown(among: names).map { name in
            let error = EnvironmentNames.error(name)
            return Finding("environment", .fail, "\(error)", fix: error.hint ?? "unset it")
        }
    }

    /// Whether every key file can be used.
    static func storageKeys(_ path: String) -> Finding {
        do throws(KeyFileError) {
            let count = try KeyDirectory(path: path).loadAll().count
            guard count > 0 else {
                return Finding(
                    "storage keys", .fail, "\(path) holds no key", fix: "put the key files back from your copy")
            }
            return Finding("storage keys", .ok, "\(count) in \(path)")
        } catch {
            return Finding("storage keys", .fail, "\(error)", fix: "as the message says, then: innkeeper doctor")
        }
    }

    /// Whether the manifests can be served, alone and together.
    static func manifests(_ directory: String) -> [Finding] {
        let manifests: [Manifest]
        let leftovers: [String]
        do throws(StartupError) {
            manifests = try Manifests.load(from: directory)
            leftovers = try Manifests.leftovers(in: directory)
        } catch {
            return [Finding("manifests", .fail, "\(error)", fix: error.hint ?? "mend what the message names")]
        }
        guard !manifests.isEmpty else {
            return [Finding("manifests", .warn, "no add-on", fix: "put a manifest into \(directory) and restart")]
        }
        do throws(RouteConflict) {
            _ = try RouteTable(manifests)
        } catch {
            return [Finding("manifests", .fail, "\(error)", fix: "change one of them and restart")]
        }
        let passedOver = Finding(
            "addons", .warn, "no manifests, and passed over: \(System.excerpt(leftovers))",
            fix: "remove them, or give a manifest a name that ends with .json and begins with no dot")
        return (leftovers.isEmpty ? [] : [passedOver])
            + manifests.map { manifest in
                let warnings =
                    manifest.warnings.map(\.description) + [AddressCheck.problem(manifest.baseURL)].compactMap { $0 }
                guard let first = warnings.first else {
                    return Finding("manifest \(manifest.key)", .ok, "no warnings")
                }
                let more = warnings.count > 1 ? " (and \(warnings.count - 1) more)" : ""
                return Finding(
                    "manifest \(manifest.key)", .warn, "\(first)\(more)", fix: "change the manifest and restart")
            }
    }

    /// Whether the signing secrets are there and nobody else's to read, whether the authorities that are trusted can be read,
    /// and whether what is sent is anybody's to read.
    static func forwards(_ forwards: [AddonKey: ForwardTarget], now: Timestamp = .now()) -> [Finding] {
        forwards.sorted { $0.key.text < $1.key.text }.flatMap { addon, target in
            let name = "forward \(addon)"
            let findings = [
                secret(name, target), authorities(name, addon, target, now),
                ExposureChecks.forward(addon, to: target.url),
            ].compactMap { $0 }
            return findings.isEmpty ? [Finding(name, .ok, target.url)] : findings
        }
    }

    /// Forwards for add-ons that nobody serves: a mistyped key, and the add-on's events wait for somebody to pull them.
    static func strangers(among addons: [AddonKey], _ directory: String) -> [Finding] {
        let known: Set<AddonKey>
        do throws(StartupError) {
            known = Set(try Manifests.load(from: directory).map(\.key))
        } catch {
            return []  // That the manifests cannot be read is a finding already.
        }
        return addons.filter { !known.contains($0) }.sorted { $0.text < $1.text }.map { addon in
            Finding(
                "forward \(addon)", .warn, "no manifest has this key, so nothing is ever delivered there",
                fix: "mend the key in innkeeper.json, or put the add-on's manifest into \(directory); then restart")
        }
    }

    private static func secret(_ name: String, _ target: ForwardTarget) -> Finding? {
        do throws(KeyFileError) {
            _ = try SigningSecretFile.read(target.secretFile)
            return nil
        } catch {
            return Finding(name, .fail, "\(error)", fix: "as the message says, then restart")
        }
    }

    private static func authorities(
        _ name: String, _ addon: AddonKey, _ target: ForwardTarget, _ now: Timestamp
    ) -> Finding? {
        do throws(StartupError) {
            let authorities = try target.authorities.read(for: addon)
            guard case .file(let path) = target.authorities, authorities.haveExpired(at: now) else { return nil }
            return Finding(
                name, .warn, "every certificate in \(path) has expired, so no certificate of the target is trusted",
                fix: "put the authorities' new certificates there, then restart")
        } catch {
            return Finding(name, .fail, "\(error)", fix: error.hint ?? "as the message says, then restart")
        }
    }

    /// Whether only the owner has any access; nil when that cannot be told. Links are followed, as whoever reads does.
    private static func isPrivate(_ path: String) -> Bool? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o077 == 0 : nil
    }
}
