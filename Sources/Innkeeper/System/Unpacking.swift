import Glibc
import Installations
import SQLiteStore
import Sealing
import Store

/// Making a store and the deployment's files out of a backup that is genuine.
struct Unpacking {
    /// The backup.
    let backup: SealedBackup
    /// Where it was when the operator restored it.
    let origin: String
    /// Where its rows go, if something besides its configuration says that.
    let store: StoreChoice?
    let now: Timestamp

    /// What became of the backup.
    struct Outcome: Sendable {
        let manifest: BackupManifest
        /// Where key files are, given the configuration in the backup.
        let keysDirectory: String
        /// Keys whose files are not there. As long as there is one, the store does not open, and is not kept.
        let missing: [StorageKeyID]
    }

    /// Puts the deployment's files into `target` and the store to `path`, opened once and with the restore in its audit log,
    /// which goes on from the backup's head.
    ///
    /// - Parameters:
    ///   - keys: Where the key files are that authenticate the backup, before its configuration is known.
    ///   - lock: The lock of the deployment.
    ///   - keysDirectory: Where they are by that configuration.
    func run(
        into target: DataDirectory, storeAt path: String, keys: String, lock: ProcessLock,
        keysDirectory: (ConfigurationFile) throws -> String
    ) async throws -> Outcome {
        let copy = try backup.open(at: path, with: try Keyring(directory: KeyDirectory(path: keys)))
        var configuration = ConfigurationFile(none: target.configurationFile)
        for file in copy.files {
            guard DeploymentFiles.isName(file.name) else {
                throw BackupOpenError.damaged(file: backup.file, what: "a file in it has a name that is not ours")
            }
            var bytes = file.bytes
            if file.name == DeploymentFiles.configuration {
                configuration = try ConfigurationFile(path: target.configurationFile, bytes: bytes)
                if let store { bytes = try ConfiguredStore.naming(store, in: bytes) }
            }
            try Files.createWhole("\(target.path)/\(file.name)", bytes)
        }
        if let store { try Files.createWhole(target.configurationFile, ConfiguredStore.naming(store, in: nil)) }
        try Files.sync(directory: target.addonsDirectory)
        let directory = try keysDirectory(configuration)
        let missing = try Self.missing(copy, KeyDirectory(path: directory))
        if missing.isEmpty {
            try copy.unpack()
            try await open(copy, path, directory, lock)
        }
        return Outcome(manifest: copy.manifest, keysDirectory: directory, missing: missing)
    }

    /// The keys whose files are not there. A file that is there but is not the right one is an error.
    private static func missing(_ copy: BackupCopy, _ directory: KeyDirectory) throws -> [StorageKeyID] {
        var missing: [StorageKeyID] = []
        for key in copy.keys {
            do {
                guard try directory.load(key.id).checkValue == key.checkValue else {
                    throw NeededKeyError.wrongFile(key.id)
                }
            } catch KeyFileError.missing, KeyFileError.directoryMissing {
                missing.append(key.id)
            }
        }
        return missing
    }

    private func open(_ copy: BackupCopy, _ path: String, _ keysDirectory: String, _ lock: ProcessLock) async throws {
        let store = Store(
            over: try SQLiteStore(
                path: path, lock: lock, keyring: try Keyring(directory: KeyDirectory(path: keysDirectory))))
        let made = Backup(madeAt: copy.manifest.madeAt, path: origin, bytes: copy.bytes, keys: copy.manifest.keys)
        try await store.recordRestore(of: made, copy.manifest, actor: .local(userID: geteuid()), at: now)
        try store.close()
    }
}
