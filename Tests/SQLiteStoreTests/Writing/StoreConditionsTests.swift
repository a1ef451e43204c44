import GRDB
import Glibc
import Installations
import TestSupport
import Testing

@testable import SQLiteStore
@testable import Store

@Suite struct StoreConditionsTests {
    @Test(
        arguments: [
            (.SQLITE_FULL, 0, .full), (.SQLITE_READONLY, 0, .readOnly), (.SQLITE_READONLY_DBMOVED, 0, .gone),
            (.SQLITE_BUSY, 0, .locked), (.SQLITE_BUSY_SNAPSHOT, 0, .locked), (.SQLITE_LOCKED, 0, .locked),
            (.SQLITE_CORRUPT, 0, .broken), (.SQLITE_NOTADB, 0, .broken), (.SQLITE_IOERR_WRITE, ENOSPC, .full),
            (.SQLITE_IOERR_WRITE, EDQUOT, .full), (.SQLITE_IOERR_WRITE, EIO, .broken),
            (.SQLITE_IOERR_SHMSIZE, ENOSPC, .full), (.SQLITE_IOERR_SHMOPEN, EROFS, .readOnly),
            (.SQLITE_CANTOPEN, EMFILE, .descriptors), (.SQLITE_CANTOPEN, ENFILE, .descriptors),
            (.SQLITE_CANTOPEN, EACCES, .readOnly), (.SQLITE_CONSTRAINT, 0, .failed), (.SQLITE_MISUSE, 0, .failed),
            // Whatever the reason: what was written before may be lost.
            (.SQLITE_IOERR_FSYNC, ENOSPC, .broken),
        ] as [(ResultCode, Int32, StoreCondition)])
    func `a result of SQLite's and the system's number make a condition`(
        code: ResultCode, systemError: Int32, condition: StoreCondition
    ) throws {
        let directory = try TemporaryDirectory()
        let error = DatabaseError(resultCode: code)
        let path = directory.path + "/store.sqlite"
        #expect(StoreCondition(error, systemError: systemError, at: path) == condition)
    }
}
