import FoundationEssentials
import Glibc
import Installations
import SQLiteStore
import Sealing

/// Making a deployment out of a backup.
struct Restoration {
    /// What was put in place.
    struct Restored: Sendable {
        let manifest: BackupManifest
        /// Where the key files belong.
        let keysDirectory: String
        /// Keys whose files are not there. As long as there is one, the store does not open.
        let missing: [StorageKeyID]
        /// Whether the backup was compared with its seal, for which the deployment's own key must be there.
        let isSealChecked: Bool
    }

    /// The backup.
    let file: String
    /// The data directory to be.
    let directory: DataDirectory
    /// Where key files are, given the configuration in the backup.
    let keysDirectory: (ConfigurationFile) throws -> String
    let now: Timestamp

    /// Checks the backup, then puts it in place in one step. Everything is built beside the final place: whatever is
    /// wrong, nothing is put there.
    func run() async throws -> Restored {
        let place = try RestorePlace(directory)
        do {
            try ProcessHardening.apply()
            let draft = DataDirectory(path: place.draft)
            try Files.createDirectory(draft.path)
            let restored = try await fill(draft)
            for path in [draft.addonsDirectory, draft.path] { try Files.sync(directory: path) }
            try place.take()
            return restored
        } catch {
            try place.discard()
            throw error is SettingsError ? error : StartupError(error)
        }
    }

    private func fill(_ draft: DataDirectory) async throws -> Restored {
        let copy = try BackupCopy(of: file, at: draft.databaseFile)
        try Files.createDirectory(draft.addonsDirectory)
        try Files.createDirectory(draft.spoolDirectory)
        var configuration = ConfigurationFile(none: directory.configurationFile)
        for file in copy.files {
            guard DeploymentFiles.isName(file.name) else {
                throw BackupOpenError.damaged(file: self.file, what: "a file in it has a name that is not ours")
            }
            if file.name == DeploymentFiles.configuration {
                configuration = try ConfigurationFile(path: directory.configurationFile, bytes: file.bytes)
            }
            try Files.create("\(draft.path)/\(file.name)", file.bytes)
        }
        let path = try keysDirectory(configuration)
        let missing = try Self.missing(copy, KeyDirectory(path: path))
        let isSealChecked = !missing.contains(copy.deploymentKey)
        if isSealChecked {
            try copy.checkSeal(try Keyring(directory: KeyDirectory(path: path)))
        } else {
            try copy.checkSchema()
        }
        try copy.unpack()
        if missing.isEmpty { try await open(draft, copy, path) }
        return Restored(
            manifest: copy.manifest, keysDirectory: path, missing: missing, isSealChecked: isSealChecked)
    }

    /// The keys whose files are not there. A file that is there but is not the right one is an error.
    private static func missing(_ copy: BackupCopy, _ directory: KeyDirectory) throws -> [StorageKeyID] {
        var missing: [StorageKeyID] = []
        for key in copy.keys {
            do {
                guard try directory.load(key.id).checkValue == key.checkValue else {
                    throw StoreOpenError.wrongKeyFile(key.id)
                }
            } catch KeyFileError.missing, KeyFileError.directoryMissing {
                missing.append(key.id)
            }
        }
        return missing
    }

    /// Opens the store as a start does, and lets the audit chain go on from the backup's head.
    private func open(_ draft: DataDirectory, _ copy: BackupCopy, _ keysDirectory: String) async throws {
        let store = try SQLiteStore(
            path: draft.databaseFile, lock: try ProcessLock(path: draft.lockFile),
            keyring: try Keyring(directory: KeyDirectory(path: keysDirectory)))
        let made = Backup(
            madeAt: copy.manifest.madeAt, path: file, bytes: copy.bytes, keys: copy.manifest.keys)
        try await store.recordRestore(of: made, copy.manifest, actor: .local(userID: geteuid()), at: now)
        try store.close()
    }
}
