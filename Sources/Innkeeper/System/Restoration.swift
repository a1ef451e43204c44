import FoundationEssentials
import Glibc
import Installations
import SQLiteStore
import Sealing

/// Making a deployment out of a backup.
struct Restoration {
    /// What was put in place.
    struct Restored: Sendable {
        /// What the backup says of itself; nil while nobody could tell whether it is genuine.
        let manifest: BackupManifest?
        /// Where the key files belong.
        let keysDirectory: String
        /// Keys whose files are not there. As long as there is one, the backup waits unopened beside the store's place.
        let missing: [StorageKeyID]
        /// Whether the backup is known to be what was made.
        let isSealChecked: Bool
        /// Whether the store is in place.
        let isComplete: Bool
    }

    /// The backup.
    let file: String
    /// The data directory to be.
    let directory: DataDirectory
    /// Whether a backup that cannot be checked now is kept until it can.
    var mayWait = false
    /// Where its rows go, if something besides its configuration says that.
    var store: StoreChoice?
    /// Where key files are, given the configuration in the backup.
    let keysDirectory: (ConfigurationFile) throws -> String
    let now: Timestamp

    /// Checks the backup, then puts it in place in one step. Everything is built beside the final place: whatever is
    /// wrong, nothing is put there.
    func run() async throws -> Restored {
        let place = try RestorePlace(directory)
        do {
            let draft = DataDirectory(path: place.draft)
            try Files.createDirectory(draft.path)
            let restored = try await fill(draft)
            for path in [draft.addonsDirectory, draft.path] { try Files.sync(directory: path) }
            try place.occupy()
            return restored
        } catch {
            try place.discard()
            throw error is SettingsError || error is CommandError ? error : StartupError(error)
        }
    }

    private func fill(_ draft: DataDirectory) async throws -> Restored {
        try Files.createDirectory(draft.addonsDirectory)
        let backup = try SealedBackup(file: file)
        // The configuration in the backup may name another directory, but it is not to be read before it is known to be
        // genuine.
        let keys = try keysDirectory(ConfigurationFile(none: directory.configurationFile))
        if let reason = Self.uncertainty(backup, keys) {
            guard mayWait else { throw StartupError.unverified(file: file, reason) }
            // A backup of the first form does not tell which key it needs: it is tried with those that are there.
            if backup.storageKey != nil || !Self.hasKeys(keys) { return try wait(backup, draft, keys) }
        }
        let unpacking = Unpacking(backup: backup, origin: file, store: store, now: now)
        let outcome: Unpacking.Outcome
        do {
            outcome = try await unpacking.run(
                into: draft, storeAt: draft.databaseFile, keys: keys, lock: try ProcessLock(path: draft.lockFile),
                keysDirectory: keysDirectory)
        } catch BackupOpenError.missingKey where mayWait {
            try PendingRestore.removeStore(draft.databaseFile)
            return try wait(backup, draft, keys)
        }
        if !outcome.missing.isEmpty {
            // It is genuine, and yet it cannot be opened, nor the restore put into its audit log.
            try PendingRestore.removeStore(draft.databaseFile)
            try backup.keep(at: draft.pendingRestoreFile)
        }
        return Restored(
            manifest: outcome.manifest, keysDirectory: outcome.keysDirectory, missing: outcome.missing,
            isSealChecked: true, isComplete: outcome.missing.isEmpty)
    }

    /// Keeps the backup as it is, for the first command that has its keys.
    private func wait(_ backup: SealedBackup, _ draft: DataDirectory, _ keys: String) throws -> Restored {
        try backup.keep(at: draft.pendingRestoreFile)
        return Restored(
            manifest: nil, keysDirectory: keys, missing: [backup.storageKey].compactMap { $0 }, isSealChecked: false,
            isComplete: false)
    }

    /// Why nobody can tell, before it is opened, whether the backup is what was made; nil when that can be told.
    private static func uncertainty(_ backup: SealedBackup, _ keys: String) -> UnverifiedReason? {
        guard let id = backup.storageKey else { return .firstForm }
        do throws(KeyFileError) {
            _ = try KeyDirectory(path: keys).load(id)
            return nil
        } catch .missing, .directoryMissing {
            return .missingKey(file: "\(keys)/\(id).key")
        } catch {
            return nil  // It is there; what is wrong with it is said when it is used.
        }
    }

    private static func hasKeys(_ keys: String) -> Bool {
        do throws(KeyFileError) {
            return try !KeyDirectory(path: keys).ids().isEmpty
        } catch {
            return false
        }
    }
}

/// Why a backup cannot be checked before it is opened.
enum UnverifiedReason: Hashable {
    /// The key that tells is not there.
    case missingKey(file: String)
    /// An older program made it.
    case firstForm
}
