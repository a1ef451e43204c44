import GRDB
import GRDBSQLite
import Schema

/// The connections to the file, and what they are told.
extension SQLiteStore {
    /// How long SQLite waits for a lock, in milliseconds.
    static let busyTimeout = 10_000

    /// Pages in the log before a commit brings them into the file, 8 MiB: a page that each commit changes is brought
    /// there once in the while, not each time. It bounds what a start after a crash reads, and what a commit waits for.
    static let logPages: CInt = 2048

    /// Writes that wait for the writer; one more is refused. Those that were withdrawn are among them until it sees them.
    static let queuedWrites = 16384

    /// What the writing connection remembers of the file, in KiB: the places in the indexes that events go to, which a
    /// commit otherwise reads anew.
    static let writerCache = 8 << 10

    static func openPool(_ path: String) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.label = "store"
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(Double(busyTimeout) / 1000)
        configuration.prepareDatabase { db in
            // Freed pages are overwritten, so that an erased token does not stay behind in the file.
            try db.execute(sql: "PRAGMA secure_delete = ON")
            // A mapped file would turn an I/O error into a signal.
            try db.execute(sql: "PRAGMA mmap_size = 0")
        }
        do {
            let pool = try DatabasePool(path: path, configuration: configuration)
            // The pool sets NORMAL by itself, which may lose the last commits at a power cut.
            let synchronous = try pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                try db.execute(sql: "PRAGMA wal_autocheckpoint = \(Self.logPages)")
                try db.execute(sql: "PRAGMA cache_size = -\(Self.writerCache)")
                return try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? -1
            }
            guard synchronous == 2 else { throw StoreOpenError.notDurable(synchronous: synchronous) }
            // What a newer program expects of the rows, this one would not keep.
            guard try !pool.read(migrator().hasBeenSuperseded) else { throw StoreOpenError.newer(file: path) }
            try migrator().migrate(pool)
            try StoreSchema.check(pool, file: path)
            return pool
        } catch let error as DatabaseError {
            throw StoreOpenError(error, file: path)
        }
    }

    /// As `openPool`, for a file that must be there: nothing is made in place of one that is lost.
    static func openExisting(_ path: String) throws -> (DatabasePool, OpenFiles) {
        try DatabaseFile.check(path)
        let pool = try openPool(path)
        let files = OpenFiles(path: path)
        // After the look: what it saw is what SQLite holds only if nothing has come there since the opening.
        var hasMoved: CInt = 0
        pool.writeWithoutTransaction { db in
            _ = sqlite3_file_control(db.sqliteConnection, "main", SQLITE_FCNTL_HAS_MOVED, &hasMoved)
        }
        guard let files, hasMoved == 0 else {
            _ = Unmanaged.passRetained(pool)
            throw StoreOpenError.lost(file: path, .missing)
        }
        return (pool, files)
    }

    static func migrator() -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for step in Schema.sqlite {
            let checks: DatabaseMigrator.ForeignKeyChecks = step.remakesTable ? .deferred : .immediate
            migrator.registerMigration(step.name, foreignKeyChecks: checks) { db in try db.execute(sql: step.sql) }
        }
        return migrator
    }
}
