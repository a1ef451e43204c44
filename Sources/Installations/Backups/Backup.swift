package import Sealing

/// A backup that was made: where it went, and which storage keys open it. Never a key.
package struct Backup: Sendable {
    /// The moment whose state it holds.
    package let madeAt: Timestamp
    /// The file as it was named then; it may have been moved since.
    package let path: String
    /// Its size.
    package let bytes: Int64
    /// The storage keys without whose files it is noise.
    package let keys: [StorageKeyID]

    /// A backup as a store keeps it.
    package init(madeAt: Timestamp, path: String, bytes: Int64, keys: [StorageKeyID]) {
        self.madeAt = madeAt
        self.path = path
        self.bytes = bytes
        self.keys = keys
    }
}

/// A file of the deployment that goes into the backup beside the store: the configuration or a manifest.
package struct BackupFile: Sendable {
    /// Its path below the data directory.
    package let name: String
    /// Its content.
    package let bytes: [UInt8]

    /// A file to be kept.
    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}

/// What a backup says of itself.
package struct BackupManifest: Sendable {
    /// The form of the backup; a program reads only those it knows.
    package let format: Int64
    /// The moment whose state it holds.
    package let madeAt: Timestamp
    /// Version of the program that made it.
    package let program: String
    /// The last step of the store's schema.
    package let schema: String
    /// Number of the newest audit record in it.
    package let auditNumber: Int64
    /// That record's hash.
    package let auditHash: [UInt8]
    /// Installations that are not ended.
    package let installations: Int64
    /// The storage keys it needs.
    package let keys: [StorageKeyID]

    /// A manifest as it stands in a backup.
    package init(
        format: Int64, madeAt: Timestamp, program: String, schema: String, auditNumber: Int64, auditHash: [UInt8],
        installations: Int64, keys: [StorageKeyID]
    ) {
        self.format = format
        self.madeAt = madeAt
        self.program = program
        self.schema = schema
        self.auditNumber = auditNumber
        self.auditHash = auditHash
        self.installations = installations
        self.keys = keys
    }
}

/// What persistence must promise for backups.
package protocol BackupStore: AuditStore {
    /// Writes a consistent copy of everything to `path`, which must not exist, while reading and writing go on.
    ///
    /// The file gets its name only when it is whole, checked and durable; then it is recorded and audited.
    func backUp(
        to path: String, with files: [BackupFile], program: String, actor: Actor, at: Timestamp
    ) async throws(BackupError) -> (backup: Backup, manifest: BackupManifest)

    /// The newest backup on record that needs this key; nil when none does.
    func newestBackup(needing key: StorageKeyID) async throws(StoreError) -> Backup?
}

/// Why no backup was made. Safe to print; says what to do.
package enum BackupError: Error, CustomStringConvertible {
    /// The path is not one to write to.
    case badPath
    /// The file is there already and stays as it is.
    case exists(path: String)
    /// The file system refused.
    case file(path: String, problem: String)
    /// A file that belongs into the backup must not go there, or cannot be read.
    case contents(String)
    /// The copy did not pass its check; it is removed.
    case damagedCopy(path: String)
    /// The file is whole, but the store did not record it.
    case notRecorded(path: String, StoreError)
    /// The store could not be read.
    case store(StoreError)

    package var description: String {
        switch self {
        case .badPath: return "path must be absolute, name a file, and have at most 4096 bytes"
        case .exists(let path): return "\(path) exists already and is left as it is; name another file"
        case .file(let path, let problem): return "\(path): \(problem)"
        case .contents(let problem): return "\(problem); mend it, then make the backup again"
        case .damagedCopy(let path):
            return "the copy for \(path) did not pass its check and is removed; run: innkeeper doctor"
        case .notRecorded(let path, let error):
            return "\(path) is whole and usable, but was not recorded: \(error)"
        case .store(let error): return "\(error)"
        }
    }
}
