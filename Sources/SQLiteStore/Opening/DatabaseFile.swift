import GRDBSQLite
import Glibc

extension SQLiteStore {
    /// Throws unless the file at `path` is there and is a database of ours; opens, makes and deletes nothing. Asked before
    /// anything else is made in the deployment.
    package static func checkFile(_ path: String) throws(StoreOpenError) {
        try DatabaseFile.check(path)
    }

    /// The database and what SQLite keeps beside it.
    package static func files(of path: String) -> [String] {
        ["", "-wal", "-shm"].map { path + $0 }
    }
}

/// Whether a file is the database that a deployment had, found out without changing anything beside it.
///
/// SQLite makes a database where there is none, and then deletes a log that lies beside the new one: events that were
/// acknowledged. So it is not let near before the file was looked at.
enum DatabaseFile {
    /// What a start goes on with. A file that is damaged passes: opening it tells.
    static func check(_ path: String) throws(StoreOpenError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { throw .lost(file: path, .missing) }
            throw StoreOpenError(systemError: errno, file: path)
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .lost(file: path, .notAFile) }
        guard status.st_size > 0 else { throw .lost(file: path, .empty) }
        guard isOurs(path) else { throw .lost(file: path, .foreign) }
    }

    /// Whether our first table is in it, as far as the file itself tells: `create` leaves it there, not in the log alone.
    private static func isOurs(_ path: String) -> Bool {
        var connection: OpaquePointer?
        defer { sqlite3_close(connection) }
        // Immutable: no lock is taken, and no log read, made or deleted.
        let flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX
        guard sqlite3_open_v2("file:\(escaped(path))?immutable=1", &connection, flags, nil) == SQLITE_OK else {
            return true
        }
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'deployment'"
        let code = sqlite3_prepare_v2(connection, sql, -1, &statement, nil)
        switch code == SQLITE_OK ? sqlite3_step(statement) : code {
        case SQLITE_DONE, SQLITE_NOTADB: return false
        default: return true
        }
    }

    /// A path as it stands in a URI.
    private static func escaped(_ path: String) -> String {
        path.utf8.reduce(into: "") { text, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16)
                text += "%" + String(repeating: "0", count: 2 - digits.count) + digits
            }
        }
    }
}
