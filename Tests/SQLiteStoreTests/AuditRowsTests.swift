import GRDB
import Installations
import TestSupport
import Testing

@testable import SQLiteStore

@Suite struct AuditRowsTests {
    private let test: TestStore

    init() async throws {
        test = try TestStore()
        for number in 1...5 {
            try await test.store.append(
                AuditEntry(at: TestClock().now, actor: "system", action: "api-key.create", outcome: "\(number)"))
        }
    }

    private func verdict(after tampering: String) async throws -> Int64? {
        try await test.store.pool.write { db in
            // Whoever can write the file can drop a trigger; the chain must tell all the same.
            try db.execute(sql: "DROP TRIGGER audit_is_never_updated; DROP TRIGGER audit_is_never_deleted;")
            try db.execute(sql: tampering)
        }
        guard case .broken(let at) = try await test.store.verifyAudit() else { return nil }
        return at
    }

    @Test func `an untouched log is intact`() async throws {
        guard case .intact(records: 6, _) = try await test.store.verifyAudit() else {
            Issue.record("the chain does not hold")
            return
        }
    }

    @Test func `an edit shows`() async throws {
        #expect(try await verdict(after: "UPDATE audit SET outcome = 'x' WHERE number = 3") == 3)
    }

    @Test func `a deletion shows`() async throws {
        #expect(try await verdict(after: "DELETE FROM audit WHERE number = 3") == 3)
    }

    @Test func `an insertion shows`() async throws {
        let copy =
            "INSERT INTO audit SELECT number + 100, at, actor, action, addon_key, workspace_id, addon_id, subject, outcome, detail, hash FROM audit WHERE number = 6"
        #expect(try await verdict(after: copy) == 7)
    }

    @Test func `a swap shows`() async throws {
        let swap =
            "UPDATE audit SET number = -number WHERE number IN (3, 4); UPDATE audit SET number = 7 + number WHERE number < 0"
        #expect(try await verdict(after: swap) == 3)
    }

    @Test func `rows are never updated or deleted through the store's own connection`() async throws {
        for statement in ["UPDATE audit SET outcome = 'x'", "DELETE FROM audit"] {
            await #expect(throws: DatabaseError.self) {
                try await test.store.pool.write { db in try db.execute(sql: statement) }
            }
        }
    }

    @Test func `a list pages newest first and can begin at a time`() async throws {
        let page = try await test.store.auditRecords(since: nil, of: nil, page: PageRequest(limit: 2))
        #expect(page.items.map(\.number) == [6, 5])
        #expect(page.next?.position == 5)
        let later = Timestamp(milliseconds: TestClock().now.milliseconds + 1)
        #expect(try await test.store.auditRecords(since: later, of: nil, page: PageRequest()).items.isEmpty)
    }
}
