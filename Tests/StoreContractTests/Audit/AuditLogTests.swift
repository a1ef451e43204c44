import Installations
import Marketplace
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import Store

/// The audit log: a chain without gaps, which shows what was done to it.
@Suite struct AuditLogTests {
    /// A log of six records.
    private func made(_ engine: EngineUnderTest) async throws -> StoreUnderTest {
        let test = try StoreUnderTest(engine)
        for number in 1...5 { try await test.store.append(entry("\(number)", test.now)) }
        return test
    }

    private func entry(_ outcome: String, _ at: Timestamp) -> AuditEntry {
        AuditEntry(at: at, actor: "system", action: "api-key.create", outcome: outcome)
    }

    private func head(_ test: StoreUnderTest) async throws -> AuditHead {
        let newest = try await test.store.auditRecords(since: nil, of: nil, page: PageRequest(limit: 1)).items[0]
        return AuditHead(number: newest.number, hash: newest.hash)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an untouched log is intact`(engine: EngineUnderTest) async throws {
        let test = try await made(engine)
        guard case .intact(records: 6, _) = try await test.store.verifyAudit(against: nil) else {
            Issue.record("the chain does not hold")
            return
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a text with U+0000 is kept so that the chain holds`(engine: EngineUnderTest) async throws {
        let test = try await made(engine)
        try await test.store.append(
            AuditEntry(
                at: test.now, actor: "a\0b", action: "test", subject: "c\0d", outcome: "e\0f", detail: "g\0h"))
        guard case .intact = try await test.store.verifyAudit(against: nil) else {
            Issue.record("the chain is broken")
            return
        }
        let newest = try await test.store.auditRecords(since: nil, of: nil, page: PageRequest(limit: 1)).items[0]
        #expect(newest.entry.detail == "g\u{FFFD}h")
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a kept head fits as long as the log only grows`(engine: EngineUnderTest) async throws {
        let test = try await made(engine)
        let kept = try await head(test)
        try await test.store.append(
            AuditEntry(at: test.now, actor: "system", action: "api-key.create", outcome: "later"))
        guard case .intact(records: 7, _) = try await test.store.verifyAudit(against: kept) else {
            Issue.record("an older head is part of the chain")
            return
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `the newest records are checked by themselves`(engine: EngineUnderTest) async throws {
        let test = try await made(engine)
        guard case .intact(records: 6, _) = try await test.store.verifyNewestAudit(2) else {
            Issue.record("the end of the chain does not hold")
            return
        }
        try await test.damage(.record(5))
        guard case .broken(at: 5) = try await test.store.verifyNewestAudit(2),
            case .intact = try await test.store.verifyNewestAudit(1)
        else {
            Issue.record("not the newest records were checked")
            return
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a list pages newest first and can begin at a time`(engine: EngineUnderTest) async throws {
        let test = try await made(engine)
        let page = try await test.store.auditRecords(since: nil, of: nil, page: PageRequest(limit: 2))
        #expect(page.items.map(\.number) == [6, 5])
        #expect(page.next?.position == 5)
        let later = Timestamp(milliseconds: test.now.milliseconds + 1)
        #expect(try await test.store.auditRecords(since: later, of: nil, page: PageRequest()).items.isEmpty)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an edit shows at its place`(engine: EngineUnderTest) async throws {
        let test = try await made(engine)
        try await test.damage(.record(3))
        guard case .broken(at: 3) = try await test.store.verifyAudit(against: nil) else {
            Issue.record("the edit does not show")
            return
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an end that was cut off shows against a kept head, and that it was written anew as well`(
        engine: EngineUnderTest
    ) async throws {
        let test = try await made(engine)
        let kept = try await head(test)
        try await test.damage(.recordsAfter(4))
        guard case .truncated(records: 4) = try await test.store.verifyAudit(against: kept),
            case .intact(records: 4, _) = try await test.store.verifyAudit(against: nil)
        else {
            Issue.record("the missing end was not told, or a shorter chain is none")
            return
        }
        for number in 5...8 { try await test.store.append(entry("other \(number)", test.now)) }
        guard case .rewritten(at: 6) = try await test.store.verifyAudit(against: kept) else {
            Issue.record("the new end was taken for the old one")
            return
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an end that was cut off shows by the rows that name it`(engine: EngineUnderTest) async throws {
        let test = try await made(engine)
        try await test.install()
        try await test.damage(.recordsAfter(6))
        guard case .truncated = try await test.store.verifyAudit(against: nil) else {
            Issue.record("a row names a record that is gone")
            return
        }
        let key = try await made(engine)
        _ = try await key.store.createAPIKey(name: "k", APIKeyGrant(scopes: [.read]), actor: .system, at: key.now)
        try await key.damage(.recordsAfter(6))
        guard case .truncated = try await key.store.verifyAudit(against: nil) else {
            Issue.record("a key names a record that is gone")
            return
        }
        let authority = await test.store.findings(at: test.now).first { $0.name == "authority" }
        #expect(authority?.status == .fail && authority?.message.contains("cut off") == true)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `records are numbered without a gap and chained, and a list of one installation has only its own`(
        engine: EngineUnderTest
    ) async throws {
        let test = try await made(engine)
        try await test.install("ws1")
        try await test.install("ws2")
        try await test.uninstall("ws1")
        let all = try await test.store.auditRecords(since: nil, of: nil, page: PageRequest()).items.reversed()
        #expect(all.map(\.number.value) == Array(1...9))
        var last = AuditChain.genesis
        for record in all {
            #expect(record.hash == test.engine.tools.chain.hash(record.entry, number: record.number, after: last))
            last = record.hash
        }
        let own = try await test.store.auditRecords(since: nil, of: test.id("ws1"), page: PageRequest()).items
        #expect(own.map(\.number) == [9, 7])
        let again = try test.reopened()
        #expect(try await again.isIntact())
        try await again.store.append(entry("later", test.now))
        #expect(try await head(again).number == 10)
    }
}
