import GRDB
import Installations
import TestSupport
import Testing

@testable import SQLiteStore
@testable import Store

@Suite struct AuditRowsTests {
    private let test: TestStore

    init() async throws {
        test = try TestStore()
        for number in 1...5 {
            try await test.store.append(
                AuditEntry(at: TestClock().now, actor: "system", action: "api-key.create", outcome: "\(number)"))
        }
    }

    /// The verdict over the file after somebody else had it open.
    private func verdict(after tampering: String, against kept: AuditHead? = nil) async throws -> AuditVerdict {
        try test.store.close()
        let file = try DatabaseQueue(path: test.file)
        try await file.write { db in
            // Whoever can write the file can drop a trigger and make it again; the chain must tell all the same.
            let triggers = try String.fetchAll(db, sql: "SELECT sql FROM sqlite_schema WHERE type = 'trigger'")
            try db.execute(sql: "DROP TRIGGER audit_is_never_updated; DROP TRIGGER audit_is_never_deleted;")
            try db.execute(sql: tampering)
            for trigger in triggers { try db.execute(sql: trigger) }
        }
        try file.close()
        let store = Store(
            over: try SQLiteStore(
                path: test.file, lock: try ProcessLock(path: test.directory.path + "/lock2"), keyring: test.keyring))
        return try await store.verifyAudit(against: kept)
    }

    private func place(after tampering: String) async throws -> RecordNumber? {
        guard case .broken(let at) = try await verdict(after: tampering) else { return nil }
        return at
    }

    private func head() async throws -> AuditHead {
        let newest = try await test.store.auditRecords(since: nil, of: nil, page: PageRequest(limit: 1)).items[0]
        return AuditHead(number: newest.number, hash: newest.hash)
    }

    @Test(arguments: [
        "at = at + 1", "actor = 'local:0'", "action = 'api-key.revoke'", "subject = 's'", "outcome = 'x'",
        "detail = 'd'",
        "addon_key = 'a', workspace_id = 'w', addon_id = 'i'", "hash = zeroblob(32)", "number = 300",
    ])
    func `an edit shows, whatever was edited`(change: String) async throws {
        #expect(try await place(after: "UPDATE audit SET \(change) WHERE number = 3") == 3)
    }

    @Test func `an edit with the right hash of another record shows`() async throws {
        #expect(
            try await place(after: "UPDATE audit SET hash = (SELECT hash FROM audit WHERE number = 4) WHERE number = 3")
                == 3)
    }

    @Test func `a deletion shows`() async throws {
        #expect(try await place(after: "DELETE FROM audit WHERE number = 3") == 3)
    }

    @Test func `an insertion shows`() async throws {
        let copy =
            "INSERT INTO audit SELECT number + 100, at, actor, action, addon_key, workspace_id, addon_id, subject, outcome, detail, hash, decides FROM audit WHERE number = 6"
        #expect(try await place(after: copy) == 7)
    }

    @Test(arguments: [0, -5, Int64.min + 1])
    func `a record in front of the first one shows`(number: Int64) async throws {
        let copy =
            "INSERT INTO audit SELECT \(number), at, actor, action, addon_key, workspace_id, addon_id, subject, outcome, detail, hash, decides FROM audit WHERE number = 6"
        #expect(try await place(after: copy) == 1)
    }

    @Test func `an insertion in the middle shows`() async throws {
        let shift =
            "UPDATE audit SET number = -number WHERE number > 3; UPDATE audit SET number = 1 - number WHERE number < 0;"
        let copy =
            "INSERT INTO audit SELECT 4, at, actor, action, '', '', '', '', 'x', '', hash, '' FROM audit WHERE number = 3"
        #expect(try await place(after: shift + copy) == 4)
    }

    @Test func `a deletion that closes the gap shows`() async throws {
        let shift =
            "UPDATE audit SET number = -number WHERE number > 3; UPDATE audit SET number = -number - 1 WHERE number < 0"
        #expect(try await place(after: "DELETE FROM audit WHERE number = 3; " + shift) == 3)
    }

    @Test func `an end that was cut off shows against a kept head, and only then`() async throws {
        let kept = try await head()
        let cut = "DELETE FROM audit WHERE number > 4"
        guard case .truncated(records: 4) = try await verdict(after: cut, against: kept) else {
            Issue.record("the missing end was not told")
            return
        }
        let again = Store(
            over: try SQLiteStore(
                path: test.file, lock: try ProcessLock(path: test.directory.path + "/lock3"), keyring: test.keyring))
        guard case .intact(records: 4, _) = try await again.verifyAudit(against: nil) else {
            Issue.record("a shorter chain is a chain")
            return
        }
    }

    @Test func `an end that was written anew by a holder of the key shows against a kept head`() async throws {
        let kept = try await head()
        guard case .truncated = try await verdict(after: "DELETE FROM audit WHERE number > 4", against: kept) else {
            Issue.record("the missing end was not told")
            return
        }
        let store = Store(
            over: try SQLiteStore(
                path: test.file, lock: try ProcessLock(path: test.directory.path + "/lock3"), keyring: test.keyring))
        for number in 5...8 {
            try await store.append(
                AuditEntry(at: TestClock().now, actor: "system", action: "api-key.create", outcome: "other \(number)"))
        }
        guard case .rewritten(at: 6) = try await store.verifyAudit(against: kept) else {
            Issue.record("the new end was taken for the old one")
            return
        }
    }

    @Test func `a swap shows`() async throws {
        let swap =
            "UPDATE audit SET number = -number WHERE number IN (3, 4); UPDATE audit SET number = 7 + number WHERE number < 0"
        #expect(try await place(after: swap) == 3)
    }

    @Test func `rows are never updated or deleted through the store's own connection`() async throws {
        for statement in ["UPDATE audit SET outcome = 'x'", "DELETE FROM audit"] {
            await #expect(throws: DatabaseError.self) {
                try await test.engine.pool.write { db in try db.execute(sql: statement) }
            }
        }
    }
}
