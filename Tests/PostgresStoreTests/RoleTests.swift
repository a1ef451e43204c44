import Foundation
import Installations
import PostgresSupport
import Store
import TestSupport
import Testing
import Webhooks

@testable import PostgresStore

/// A service whose role may only do what the guide grants it.
@Suite(.enabled(if: TestDatabase.isAvailable)) struct RoleTests {
    /// The guide's own words, one statement each.
    private static var grants: [String] {
        get throws {
            let guide = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/postgresql.md")
            let text = try String(contentsOf: guide, encoding: .utf8)
            let block = try #require(text.firstMatch(of: #/-- roles: begin\n(?s)(.+?)-- roles: end/#)).1
            return block.split(separator: ";\n").map(String.init)
        }
    }

    /// A deployment whose store is open as that role.
    private func asService(_ body: (PostgresUnderTest, PostgresUnderTest.Process) async throws -> Void) async throws {
        let test = try PostgresUnderTest(isNew: true)
        let role = "service\(UInt32.random(in: 0 ... .max))"
        try test.database.execute("CREATE ROLE \(role) LOGIN")
        for grant in try Self.grants {
            try test.database.execute(grant.replacing("innkeeper_service", with: role))
        }
        let address = try #require(StoreAddress(url: test.database.url.replacing("innkeeper@", with: "\(role)@")))
        let engine = try PostgresStore(at: address, connections: 2, keyring: test.keyring())
        let process = PostgresUnderTest.Process(
            engine: engine, store: Store(over: engine), keyring: try test.keyring())
        try await body(test, process)
        try process.store.close()
        try test.database.execute("DROP OWNED BY \(role)")
        try test.database.execute("DROP ROLE \(role)")
    }

    @Test func `it serves: installs, takes, delivers, counts, clears away and uninstalls`() async throws {
        try await asService { test, service in
            try await service.serve(as: "service")
            let id = try test.id("ws1")
            func perform(_ change: LifecycleChange) async throws {
                _ = try await service.store.perform(
                    test.platform.call(id, change, at: test.clock.now, actor: .platform, token: nil))
            }
            try await perform(test.platform.install(id, tokens: "first"))
            test.store.eventIDs.pass(service.store.eventIDs.next(at: test.clock.now))
            #expect(try await test.append([test.event(for: "ws1")]) == [.appended])
            for _ in 1...2 {
                let event = try #require(try await service.take(1))
                #expect(try await service.settle(event)?.isApplied == true)
            }
            try await service.store.count()
            _ = try await service.store.sweep(at: .now(), retention: EventRetention(days: 7), limit: 10)
            try await perform(.deleted)
            await service.engine.lookAgain()
            let key = try await service.store.createAPIKey(name: "one", scopes: [.read], actor: .system, at: .now())
            _ = try await service.store.revokeAPIKey(key.key.id, actor: .system, at: .now())
            #expect(try await service.store.verifyAudit(against: nil).isIntact)
            await service.store.leave()
        }
    }

    @Test func `it makes no table, empties none, and changes nothing in the audit log`() async throws {
        try await asService { _, service in
            var link = try service.engine.address.connect()
            for statement in [
                "UPDATE innkeeper.audit SET detail = ''", "DELETE FROM innkeeper.audit",
                "TRUNCATE innkeeper.event", "CREATE TABLE innkeeper.mine (number bigint)",
                "DROP TRIGGER audit_is_append_only ON innkeeper.audit", "DELETE FROM innkeeper.migration",
            ] {
                #expect(throws: LinkFailure.self, "\(statement)") { try link.rows(Query(statement)) }
            }
        }
    }
}

extension AuditVerdict {
    fileprivate var isIntact: Bool { if case .intact = self { true } else { false } }
}
