package import Sealing

/// A backup that was made: where it went, and which storage keys open it. Never a key.
package struct Backup: Sendable {
    /// The moment whose state it holds.
    package let madeAt: Timestamp
    /// The file as its caller named it then, or `-` for standard output; it may have been moved since.
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

    /// What a caller gives for standard output, where nobody here sees what became of it.
    package static let standardOutput = "-"

    /// Where a backup of this name went, in words.
    package static func place(_ name: String) -> String { name == standardOutput ? "standard output" : name }
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
    /// Makes a consistent copy of everything while reading and writing go on: whole, checked and sealed. Ends early when the
    /// task is cancelled.
    func draftBackup(
        with files: [BackupFile], program: String, at: Timestamp
    ) async throws(BackupError) -> any BackupDraft

    /// Notes that a backup is where its caller said.
    func record(_ backup: Backup) async throws(StoreError)

    /// The newest backup on record that needs this key; nil when none does.
    func newestBackup(needing key: StorageKeyID) async throws(StoreError) -> Backup?
}

/// A backup that nobody has yet. It has no name: nothing of it is left when nobody holds it any more, and after a crash.
package protocol BackupDraft: Sendable {
    /// What it says of itself.
    var manifest: BackupManifest { get }
    /// Its size. The last bytes are its seal, without which the others are no backup.
    var bytes: Int64 { get }

    /// At most so many of its bytes, from a place before its end; never none.
    func read(_ count: Int, from offset: Int64) async throws(BackupError) -> [UInt8]
}
