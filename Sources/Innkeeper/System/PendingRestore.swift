import FoundationEssentials
import Glibc
import Installations
import SQLiteStore
import Sealing

/// A backup that waits beside the place of the store, whole and unopened, until a command has the keys that tell whether
/// it is genuine. Nothing half-trusted is ever at the store's place, so there is no mark whose removal would skip the check.
///
/// Each step can be done again after a crash; the last but one gives the store its name.
struct PendingRestore {
    let directory: DataDirectory
    /// Where the key files are, as far as is known without the configuration in the backup.
    let keysDirectory: String
    /// Where its rows go, if something besides its configuration says that.
    var store: StoreChoice?
    let now: Timestamp

    /// Whether there is one.
    static func isWaiting(in directory: DataDirectory) -> Bool {
        FileManager.default.fileExists(atPath: directory.pendingRestoreFile)
    }

    /// Checks the backup and puts it in place. What is not genuine stays where it is, and nothing of it is opened.
    func complete(_ lock: ProcessLock, keysDirectory final: (ConfigurationFile) throws -> String) async throws {
        let pending = directory.pendingRestoreFile
        // With a store in place all that was left to do was this.
        if !FileManager.default.fileExists(atPath: directory.databaseFile) {
            let draft = directory.pendingRestoreFile + ".sqlite"
            try Self.removeStore(draft)
            if !FileManager.default.fileExists(atPath: directory.addonsDirectory) {
                try Files.createDirectory(directory.addonsDirectory)
            }
            try await unpack(try SealedBackup(file: pending), to: draft, lock, final)
            guard rename(draft, directory.databaseFile) == 0 else {
                throw StartupError.file(directory.databaseFile, problem: "cannot be made (\(SystemError.text(errno)))")
            }
            try Files.sync(directory: directory.path)
            // Its log is empty since it was closed, and has the draft's name.
            try Self.removeStore(draft)
        }
        unlink(pending)
        try Files.sync(directory: directory.path)
    }

    private func unpack(
        _ backup: SealedBackup, to draft: String, _ lock: ProcessLock, _ final: (ConfigurationFile) throws -> String
    ) async throws {
        let outcome: Unpacking.Outcome
        do {
            outcome = try await Unpacking(backup: backup, origin: backup.file, store: store, now: now).run(
                into: directory, storeAt: draft, keys: keysDirectory, lock: lock, keysDirectory: final)
        } catch {
            try Self.removeStore(draft)
            throw error
        }
        guard let missing = outcome.missing.first else { return }
        try Self.removeStore(draft)
        throw StartupError.keyFile(.missing(path: "\(outcome.keysDirectory)/\(missing).key"))
    }

    /// Removes a store that was not finished, and what SQLite keeps beside it.
    static func removeStore(_ path: String) throws(StartupError) {
        for file in SQLiteStore.files(of: path) where unlink(file) != 0 && errno != ENOENT {
            throw .file(file, problem: "cannot be removed (\(SystemError.text(errno)))")
        }
    }
}
