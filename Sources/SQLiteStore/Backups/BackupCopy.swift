import GRDB
package import Installations
import Schema
package import Sealing
import Store

/// A backup's store, copied to where it will be opened. Never run from the file itself, which may change while it is
/// read.
package struct BackupCopy {
    /// What the backup says of itself.
    package let manifest: BackupManifest
    /// The deployment's files in it. Their names are the backup's own: check them.
    package let files: [BackupFile]
    /// The storage keys it needs, with the check values that tell the right files.
    package let keys: [(id: StorageKeyID, checkValue: [UInt8])]
    /// The size of the file.
    package let bytes: Int64
    private let file: String
    private let path: String

    /// The copy at `path` of the pages in `file`, whose seal `SealedBackup` has checked, or is about to.
    init(_ file: String, bytes: Int64, at path: String) throws(BackupOpenError) {
        self.file = file
        self.path = path
        self.bytes = bytes
        (manifest, files, keys) = try Self.access(file, path) { db in try Self.check(db, file) }
    }

    /// For a backup of the first form: whether the holder of the deployment's key made it, and the tables are ours and
    /// nothing but ours, as a trigger that somebody added would run with the next write.
    func check(_ seal: BackupSeal, _ keyring: Keyring) throws {
        let key = try Self.access(file, path) { db in
            try DeploymentKeys(DeploymentRow.stored(db).sealedKey(), keyring).backups
        }
        guard seal.isGenuine(under: key) else { throw BackupOpenError.forged(file: file) }
        try checkSchema()
    }

    private func checkSchema() throws(BackupOpenError) {
        let found = try Self.access(file, path) { db in
            (dump: try StoreSchema.dump(db), version: try BackupContents.schema(db))
        }
        let expected = try Self.access(file, ":memory:") { db in
            try BackupContents.createTables(db)
            return try StoreSchema.dump(db)
        } before: { queue in
            try SQLiteStore.migrator().migrate(queue, upTo: found.version)
        }
        guard found.dump == expected else { throw .damaged(file: file, what: "its tables are not ours") }
    }

    /// Makes the copy a store like any other.
    package func unpack() throws(BackupOpenError) {
        try Self.access(file, path) { db in try BackupContents.remove(db) }
    }

    // MARK: Checks

    private static func check(
        _ db: Database, _ file: String
    ) throws -> (BackupManifest, [BackupFile], [(id: StorageKeyID, checkValue: [UInt8])]) {
        guard let manifest = try BackupContents.manifest(db) else { throw BackupOpenError.notABackup(file: file) }
        guard manifest.format == BackupContents.format else {
            throw BackupOpenError.tooNew(file: file, what: "format \(manifest.format)")
        }
        guard Schema.sqlite.contains(where: { $0.name == manifest.schema }) else {
            throw BackupOpenError.tooNew(file: file, what: "schema \(manifest.schema)")
        }
        guard try String.fetchOne(db, sql: "PRAGMA integrity_check(1)") == "ok" else {
            throw BackupOpenError.damaged(file: file, what: "integrity_check")
        }
        let keys = try BackupContents.neededKeys(db)
        guard try BackupContents.schema(db) == manifest.schema, keys.map(\.id) == manifest.keys else {
            throw BackupOpenError.damaged(file: file, what: "the manifest is another store's")
        }
        guard let files = try BackupContents.files(db) else {
            throw BackupOpenError.damaged(file: file, what: "too many files")
        }
        return (manifest, files, keys)
    }

    /// One access to the copy. SQLite's own errors mean damage: the file was whole a moment ago.
    private static func access<T>(
        _ file: String, _ path: String, _ body: (Database) throws -> T,
        before: (DatabaseQueue) throws -> Void = { _ in }
    ) throws(BackupOpenError) -> T {
        do {
            var configuration = Configuration()
            configuration.prepareDatabase { db in
                // Untrusted until checked: functions with effects are not for its triggers, and a broken page is an
                // error before it is read as something else.
                try db.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0")
            }
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try before(queue)
            let result = try queue.writeWithoutTransaction(body)
            try queue.close()
            return result
        } catch let error as BackupOpenError {
            throw error
        } catch StoreError.unknownStorageKey(let id) {
            throw .missingKey(file: file, id)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_NOTADB {
            throw .notABackup(file: file)
        } catch let error as DatabaseError {
            throw .damaged(file: file, what: error.code)
        } catch {
            throw .damaged(file: file, what: "\(type(of: error))")
        }
    }
}
