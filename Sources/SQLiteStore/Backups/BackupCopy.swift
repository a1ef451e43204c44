import GRDB
import Glibc
package import Installations
import Schema
package import Sealing

/// A backup's store, copied to where it will be restored: untrusted until it was checked, and never run from the file
/// itself, which may change while it is read.
package struct BackupCopy {
    /// What the backup says of itself.
    package let manifest: BackupManifest
    /// The deployment's files in it. Their names are the backup's own: check them.
    package let files: [BackupFile]
    /// The storage keys it needs, with the check values that tell the right files.
    package let keys: [(id: StorageKeyID, checkValue: [UInt8])]
    /// The one of them without which the seal cannot be checked.
    package let deploymentKey: StorageKeyID
    /// The size of the file.
    package let bytes: Int64
    private let file: String
    private let path: String
    private let seal: BackupSeal

    /// Copies the backup in `file` to `path`, which must not exist, and checks everything that needs no key.
    package init(of file: String, at path: String) throws(BackupOpenError) {
        (seal, bytes) = try Self.transfer(file, to: path)
        self.file = file
        self.path = path
        (manifest, files, keys, deploymentKey) = try Self.access(file, path) { db in try Self.check(db, file) }
    }

    /// Whether the backup is, byte for byte, what the holder of the deployment's key made.
    package func checkSeal(_ keyring: Keyring) throws {
        let key = try Self.access(file, path) { db in try DeploymentKeys(db, keyring).backups }
        guard seal.isGenuine(under: key) else { throw BackupOpenError.forged(file: file) }
    }

    /// Whether the tables are ours and nothing but ours: for a backup whose seal cannot be checked. A trigger that
    /// somebody added would otherwise run with the next write.
    package func checkSchema() throws(BackupOpenError) {
        let found = try Self.access(file, path) { db in
            (dump: try Self.dump(db), version: try BackupContents.schema(db))
        }
        let expected = try Self.access(file, ":memory:") { db in
            try BackupContents.createTables(db)
            return try Self.dump(db)
        } before: { queue in
            try SQLiteStore.migrator().migrate(queue, upTo: found.version)
        }
        guard found.dump == expected else { throw .damaged(file: file, what: "its tables are not ours") }
    }

    /// Makes the copy a store like any other.
    package func unpack() throws(BackupOpenError) {
        try Self.access(file, path) { db in try BackupContents.remove(db) }
    }

    // MARK: The bytes

    /// Copies all but the seal, and compares the bytes with it.
    private static func transfer(_ file: String, to path: String) throws(BackupOpenError) -> (BackupSeal, Int64) {
        // O_NONBLOCK: opening a pipe would otherwise wait for a writer for ever.
        let source = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard source >= 0 else { throw failure(file, "cannot be read") }
        defer { close(source) }
        var status = stat()
        guard fstat(source, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .file(file, problem: "not a regular file")
        }
        let count = Int64(status.st_size) - Int64(BackupSeal.size)
        var tail = [UInt8](repeating: 0, count: BackupSeal.size)
        guard count > 0, pread(source, &tail, tail.count, off_t(count)) == tail.count, let seal = BackupSeal(tail)
        else {
            throw .notABackup(file: file)
        }
        let target = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard target >= 0 else { throw failure(path, "cannot be created") }
        defer { close(target) }
        let digest = try BackupSeal.digest(of: source, count: count) { piece throws(BackupOpenError) in
            var written = 0
            while written < piece.count {
                let more = write(target, piece.baseAddress.map { $0 + written }, piece.count - written)
                guard more > 0 else { throw failure(path, "cannot be written") }
                written += more
            }
        }
        guard let digest else { throw failure(file, "cannot be read") }
        guard digest.matches(seal.digest) else {
            throw .damaged(file: file, what: "its bytes are not what was written")
        }
        guard fsync(target) == 0 else { throw failure(path, "cannot be synced") }
        return (seal, Int64(status.st_size))
    }

    private static func failure(_ path: String, _ what: String) -> BackupOpenError {
        .file(path, problem: "\(what) (\(String(cString: strerror(errno))))")
    }

    // MARK: Checks

    private static func check(
        _ db: Database, _ file: String
    ) throws -> (BackupManifest, [BackupFile], [(id: StorageKeyID, checkValue: [UInt8])], StorageKeyID) {
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
        guard
            let deploymentKey = try String.fetchOne(db, sql: "SELECT storage_key FROM deployment").flatMap({
                StorageKeyID($0)
            })
        else { throw BackupOpenError.damaged(file: file, what: "no deployment key") }
        return (manifest, files, keys, deploymentKey)
    }

    /// Every table, index and trigger. What the query planner may have counted for itself is left out.
    private static func dump(_ db: Database) throws -> [String] {
        try String.fetchAll(
            db,
            sql: """
                SELECT type || ' ' || name || ' ' || tbl_name || ' ' || ifnull(sql, '') FROM sqlite_schema
                WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\' ORDER BY type, name
                """)
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
        } catch let error as DatabaseError where error.resultCode == .SQLITE_NOTADB {
            throw .notABackup(file: file)
        } catch let error as DatabaseError {
            throw .damaged(file: file, what: error.code)
        } catch {
            throw .damaged(file: file, what: "\(type(of: error))")
        }
    }
}
