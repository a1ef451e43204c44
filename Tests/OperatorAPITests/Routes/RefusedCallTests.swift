import HTTPTypes
import Installations
import Marketplace
import SQLiteStore
import Sealing
import Store
import TestSupport
import Testing

@testable import OperatorAPI

/// What the audit log says of calls that were refused for who made them, and of leases.
@Suite(.timeLimit(.minutes(1))) struct RefusedCallTests {
    private func records(_ harness: Harness, _ action: AuditAction) async throws -> [AuditEntry] {
        try await harness.services.audit.auditRecords(since: nil, of: nil, page: PageRequest()).items.map(\.entry)
            .filter { $0.action == action.rawValue }
    }

    @Test func `each kind has one record, and one more for all the others`() async throws {
        let harness = try await Harness()
        let reader = try await harness.bearer(.read)
        let wrong: HTTPFields = [.authorization: "Bearer ik_00000000_" + String(repeating: "0", count: 64)]
        try await harness.serving { (client) async throws in
            for _ in 1...5 {
                #expect(try await client.ask(.get, "/api/v1/audit", reader).status == 403)
                #expect(try await client.ask(.get, "/api/v1/keys", wrong).status == 401)
                #expect(try await client.ask(.get, "/api/v1/keys").status == 401)
            }
        }
        let first = try await records(harness, .refuseCall)
        #expect(
            Set(first.map(\.outcome)) == [
                "refused: lacks the scope admin", "refused: unknown key", "refused: no key",
            ])
        #expect(first.count == 3 && first.count { $0.actor == "nobody" } == 2)
        try await harness.services.calls.record(
            endedBy: Timestamp(milliseconds: .max), at: harness.deployment.clock.now, in: harness.services.audit)
        #expect(
            try await records(harness, .refuseCall).map(\.detail).sorted() == [
                "", "", "", "4 more", "4 more", "4 more",
            ])
    }

    @Test func `a key that is revoked or has ended is named`() async throws {
        let harness = try await Harness()
        let clock = harness.deployment.clock
        let end = Timestamp(milliseconds: clock.now.milliseconds + 1000)
        let store = harness.deployment.test.store
        let (ended, first) = try await store.createAPIKey(
            name: "a", APIKeyGrant(scopes: [.read], expiresAt: end), actor: .system, at: clock.now)
        let (revoked, second) = try await store.createAPIKey(
            name: "b", scopes: [.read], actor: .system, at: clock.now)
        #expect(try await store.revokeAPIKey(revoked.id, actor: .system, at: clock.now))
        clock.advance(seconds: 1)
        try await harness.serving { (client) async throws in
            for secret in [first, second] {
                let text = secret.expose("test") { String(decoding: $0, as: UTF8.self) }
                let answer = try await client.ask(.get, "/api/v1/keys", [.authorization: "Bearer \(text)"])
                #expect(answer.status == 401)
            }
        }
        #expect(
            try await records(harness, .refuseCall).map { "\($0.actor) \($0.outcome)" } == [
                "api-key:\(revoked.id) refused: revoked key", "api-key:\(ended.id) refused: expired key",
            ])
    }

    @Test func `leases are recorded by key and add-on`() async throws {
        let harness = try await Harness()
        let bearer = try await harness.bearer(.events)
        try await harness.deployment.running { () async throws in
            for number in 1...3 {
                _ = try await harness.deployment.install(try harness.deployment.platform.id("ws\(number)", "i"))
            }
            try await harness.serving { (client) async throws in
                for _ in 1...3 {
                    let answer = try await client.ask(
                        .post, "/api/v1/events/lease", bearer,
                        body: #"{"addonKey":"test-addon","max":1,"waitSeconds":20}"#)
                    #expect(answer.status == 200)
                }
            }
        }
        try await harness.services.calls.record(
            endedBy: Timestamp(milliseconds: .max), at: harness.deployment.clock.now, in: harness.services.audit)
        let leases = try await records(harness, .leaseEvents)
        #expect(leases.map(\.detail) == ["2 more", "1"] && leases.allSatisfy { $0.subject == "test-addon" })
    }
}
