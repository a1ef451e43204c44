import Glibc
import HTTPTypes
import Installations
import Sealing
import Testing

@testable import OperatorAPI

@Suite struct OperatorErrorTests {
    /// It was a conflict, which sends an operator to look for another that rotates.
    @Test func `a key file for which the disk has no room is no conflict`() {
        let error = OperatorError(StorageKeyError.file(.system(operation: "write", path: "/k/a.key", errno: ENOSPC)))
        #expect(error.status == .serviceUnavailable)
        #expect(error.body.error.message.hasPrefix("/k/a.key: the disk is full; "))
    }

    @Test func `nor is one that the system does not write for another reason`() {
        let error = OperatorError(StorageKeyError.file(.system(operation: "write", path: "/k/a.key", errno: EIO)))
        #expect(error.status == .internalServerError)
        #expect(error.body.error.message.contains("/k/a.key"))
    }

    @Test func `one that is there already is`() {
        #expect(OperatorError(StorageKeyError.file(.alreadyExists(path: "/k/a.key"))).status == .conflict)
    }
}
