import GRDB
import GRDBSQLite
import Glibc
import Installations

/// The one place where a result of SQLite's, or an error number of the system's, becomes a condition.
extension StoreCondition {
    /// What an error of the database means for writing.
    ///
    /// - Parameters:
    ///   - systemError: The system's own number behind it, 0 when it is not known.
    ///   - path: Where the database lies: what is around it tells the rest.
    init(_ error: DatabaseError, systemError: Int32 = 0, at path: String) {
        switch error.extendedResultCode {
        case .SQLITE_READONLY_DBMOVED: self = .gone
        // Whatever its reason: what was written before may be lost though a second try would succeed.
        case .SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC: self = .broken
        default: self.init(error.resultCode, systemError, path)
        }
    }

    private init(_ code: ResultCode, _ systemError: Int32, _ path: String) {
        switch code {
        case .SQLITE_FULL: self = .full
        case .SQLITE_READONLY: self = .readOnly
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .locked
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .broken
        case .SQLITE_IOERR, .SQLITE_CANTOPEN:
            self = Self(systemError: systemError) ?? Self(around: path) ?? .broken
        default: self = .failed
        }
    }

    /// What shows around the database, where an error brought no number with it; nil when nothing does.
    init?(around path: String) {
        let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            self = .descriptors
            return
        }
        close(descriptor)
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        var status = statvfs()
        guard statvfs(directory, &status) == 0 else { return nil }
        // ST_RDONLY, which Swift does not see.
        if status.f_flag & 1 != 0 || access(directory, W_OK) != 0 {
            self = .readOnly
        } else if status.f_bavail == 0 {
            self = .full
        } else {
            return nil
        }
    }
}

extension DatabaseError {
    /// SQLite's extended result code by number; the message may quote a value and is never shown.
    var code: String { "SQLite \(extendedResultCode.rawValue)" }
}

extension Database {
    /// The system's number behind the connection's last error, 0 when there was none.
    var systemError: Int32 { sqlite3_system_errno(sqliteConnection) }
}
