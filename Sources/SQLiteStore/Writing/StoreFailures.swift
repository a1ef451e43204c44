import GRDB
import Installations
import Store

/// What becomes of the store when SQLite, the file system or the files fail it.
extension SQLiteStore {
    /// What lies at the paths is not what is open: from now on nothing is written, and nothing cleaned up.
    func lost() -> StoreError {
        // SQLite's own close would bring the log into the wrong file and delete what has its name: the pool lives as long
        // as the process.
        if !health.isLasting { _ = Unmanaged.passRetained(pool) }
        health.failed(.gone, code: "moved", isLasting: true)
        return .unavailable(.gone, code: "moved")
    }

    /// An error in the domain's words. `writer` is the connection on which a transaction met it.
    func translate(_ error: any Error, of writer: Database? = nil) -> StoreError {
        switch error {
        case let error as StoreError:
            return error
        case let error as DatabaseError:
            let condition = StoreCondition(error, systemError: writer?.systemError ?? 0, at: pool.path)
            if condition == .gone { return lost() }
            // After a failed fsync the kernel may call the same pages clean: a second try could report a success that
            // never reached the disk. Only opening the file afresh tells what is there.
            let isLasting =
                condition == .broken && [.SQLITE_IOERR, .SQLITE_CORRUPT].contains(error.resultCode)
            // What a reader meets says nothing of writing, unless it is damage.
            if writer != nil || isLasting { health.failed(condition, code: error.code, isLasting: isLasting) }
            // The commit is in the log, perhaps on the disk: the next start may find it there.
            if error.extendedResultCode == .SQLITE_IOERR_FSYNC { return .outcomeUnknown }
            return .unavailable(condition, code: error.code)
        default:
            return .unavailable(.failed, code: "unexpected \(type(of: error))")
        }
    }
}
