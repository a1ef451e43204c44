import Installations
import SQLiteStore
import Sealing

/// What others must not be able to change, because a start believes it (contract.md section 4). Storage keys and signing
/// secrets, which others must not even read, are guarded where they are read.
struct TrustAnchors {
    let settings: Settings

    /// Each file and directory, whether it is there or not. The parents are the operator's: many are shared on purpose.
    var paths: [String] {
        let directory = settings.dataDirectory
        return [directory.path, directory.configurationFile, directory.addonsDirectory] + manifests
            + [settings.platformKeysFile].compactMap { $0 } + forwarding
            + SQLiteStore.files(of: directory.databaseFile) + [directory.lockFile, directory.pendingRestoreFile]
    }

    /// Refuses the first that others can change.
    func check() throws(StartupError) {
        do throws(KeyFileError) {
            for path in paths { try TrustedFile.check(path) }
        } catch {
            throw .keyFile(error)
        }
    }

    /// A finding for each that others can change.
    func findings() -> [Finding] {
        paths.compactMap { path in
            do throws(KeyFileError) {
                try TrustedFile.check(path)
                return nil
            } catch {
                return Finding("access", .fail, "\(error)", fix: "as the message says, then: innkeeper doctor")
            }
        }
    }

    private var forwarding: [String] {
        settings.forwards.values.flatMap { target in
            guard case .file(let authorities) = target.authorities else { return [target.secretFile] }
            return [target.secretFile, authorities]
        }.sorted()
    }

    private var manifests: [String] {
        let directory = settings.dataDirectory.addonsDirectory
        do throws(StartupError) {
            return try Manifests.names(in: directory).map { "\(directory)/\($0)" }
        } catch {
            return []  // Whoever reads the manifests says so.
        }
    }
}
