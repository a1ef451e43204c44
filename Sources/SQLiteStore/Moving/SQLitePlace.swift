import GRDB
import Glibc
package import Sealing
package import Store

/// The embedded store as a place that is moved, or moved into.
package final class SQLitePlace: MovePlace {
    private let path: String
    private let lock: ProcessLock
    private let pool: DatabasePool
    /// Whether there was none before.
    private let isMade: Bool

    /// The file at a path.
    ///
    /// - Parameters:
    ///   - lock: Keeps everybody else out.
    ///   - isNew: Whether it may be made.
    package init(at path: String, lock: ProcessLock, isNew: Bool) throws {
        self.path = path
        self.lock = lock
        isMade = isNew && access(path, F_OK) != 0
        if isMade { try Self.make(at: path) }
        (pool, _) = try SQLiteStore.openExisting(path)
    }

    /// Makes an empty store, which has its name when it is whole: whoever is ended on the way leaves nothing that is in the way of
    /// the next, who could not tell it from a store that is damaged.
    private static func make(at path: String) throws {
        let draft = path + ".new"
        remove(draft)
        let pool = try SQLiteStore.openPool(draft)
        // In the file itself, not only in its log: that is what tells later that the file is ours.
        try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        try pool.close()
        for leftover in ["-wal", "-shm"] { unlink(draft + leftover) }
        guard rename(draft, path) == 0 else {
            throw StoreOpenError(DatabaseError(resultCode: .SQLITE_CANTOPEN), file: path)
        }
    }

    private static func remove(_ path: String) {
        for part in ["", "-wal", "-shm", "-journal"] { unlink(path + part) }
    }

    package var name: String { path }

    package func mark() throws -> MoveMark? { try inWords { try pool.read(MoveRow.mark) } }

    package func replace(_ old: MoveMark?, by new: MoveMark, isFirst: Bool) throws -> Bool {
        try write { db in
            guard try MoveRow.mark(db) == old else { return false }
            if isFirst { try db.execute(sql: "DELETE FROM clock") }
            try MoveRow.write(new, db)
            return true
        }
    }

    package func count(of table: MovedTable) throws -> Int {
        try inWords { try pool.read { db in try MovedRows(table).count(db) } }
    }

    package func page(of table: MovedTable, after key: MoveKey?, within bounds: MoveBounds) throws -> MovePage {
        try inWords { try pool.read { db in try MovedRows(table).page(after: key, within: bounds, db) } }
    }

    package func lastKey(of table: MovedTable) throws -> MoveKey? {
        try inWords { try pool.read { db in try MovedRows(table).lastKey(db) } }
    }

    package func append(_ page: MovePage, to table: MovedTable) throws {
        try write { db in try MovedRows(table).insert(page, db) }
    }

    /// Its numbers come behind the largest that is there.
    package func settleNumbers() throws {}

    package func open(with keyring: Keyring) throws -> any StoreEngine {
        try SQLiteStore(path: path, lock: lock, keyring: keyring, for: .moving)
    }

    /// Empties the log, so that the file is all there is. One that was made here and that no move has begun to fill goes: it would
    /// be taken for a store that has lost its keys.
    package func close() throws {
        try inWords {
            let isBlank = try isMade && pool.read(MoveRow.mark) == nil
            try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            try pool.close()
            if isBlank { Self.remove(path) }
        }
    }

    private func write<T>(_ body: (Database) throws -> T) throws -> T {
        try inWords { try pool.write(body) }
    }

    private func inWords<T>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw StoreOpenError(error, file: path)
        }
    }
}
