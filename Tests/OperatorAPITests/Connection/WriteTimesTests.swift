import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Installations
import Marketplace
import NIOCore
import SQLiteStore
import Sealing
import Store
import Synchronization
import TestSupport
import Testing
import Webhooks

@testable import OperatorAPI

/// Operators' writes that find the store busy for longer than their time.
@Suite(.timeLimit(.minutes(1))) struct WriteTimesTests {
    private static var hasty: OperatorLimits {
        var limits = OperatorLimits()
        limits.writeTimes = WriteTicket.Times(patience: .milliseconds(50), outcome: .seconds(600))
        return limits
    }

    @Test func `every route that writes answers 503 while the writer is held, and nothing is written later`()
        async throws
    {
        let held = HeldWriter()
        let harness = try await Harness(over: TestStore(probe: held.probe))
        let (deployment, clock) = (harness.deployment, harness.deployment.clock)
        let store = deployment.test.store
        let id = try deployment.platform.id()
        _ = try await deployment.install(id)
        let one = "/api/v1/installations/\(id.addonKey.text)/\(id.workspaceID.text)/\(id.addonID.text)"
        let event = try #require(try await store.events(matching: EventFilter(), page: PageRequest()).items.first).id
            .text
        let (key, _) = try await store.createAPIKey(name: "k", scopes: [.read], actor: .system, at: clock.now)
        // An event under lease, to be acknowledged and given back.
        let number = try #require(try await store.credentials(of: id)).number
        guard case .event(let head)? = try await store.heads(of: [number], bytes: 1 << 20).first else {
            Issue.record("the install waits")
            return
        }
        let lease = LeaseID.random()
        _ = try await store.lease(
            [head], as: lease, from: clock.now,
            until: Timestamp(milliseconds: clock.now.milliseconds + 3_600_000))
        try await deployment.running { () async throws in
            let rewrap = try await held.hold(deployment.test, now: { clock.now })
            // Also where something throws: the services could not end.
            defer { held.release() }
            let storageKey = try #require(try await store.storageKeys().first { $0.state == .primary }).id.description
            let before = try await store.auditRecords(since: nil, of: nil, page: PageRequest()).items.count
            let requests: [(HTTPRequest.Method, String, String?)] = [
                (.post, one + "/token", "{}"), (.post, one + "/forget", "{}"),
                (.post, "/api/v1/events/\(event)/ack", #"{"leaseId":"\#(lease.text)"}"#),
                (.post, "/api/v1/events/\(event)/nack", #"{"leaseId":"\#(lease.text)"}"#),
                (.post, "/api/v1/events/\(event)/replay", nil), (.post, "/api/v1/events/replay", #"{"all":true}"#),
                (.get, "/api/v1/events/\(event)/body", nil),
                (.post, "/api/v1/api-keys", #"{"name":"late","scopes":["read"]}"#),
                (.delete, "/api/v1/api-keys/\(key.id)", nil), (.post, "/api/v1/keys", "{}"),
                (.post, "/api/v1/keys/\(storageKey)/retire", "{}"),
            ]
            try await harness.serving(.local(userID: 1), limits: Self.hasty) { client in
                for (method, path, body) in requests {
                    let answer = try await client.ask(method, path, body: body)
                    #expect(answer.status == 503, "\(method) \(path): \(answer.body)")
                    #expect(answer.headers[.retryAfter] == "2", "\(path)")
                }
            }
            held.release()
            try await rewrap.value
            // Behind everything that waited.
            try await store.append(AuditEntry(at: clock.now, actor: "test", action: "test", outcome: "last"))
            let records = try await store.auditRecords(since: nil, of: nil, page: PageRequest()).items
            #expect(records.count == before + 2)
            #expect(records.prefix(2).map(\.entry.action) == ["test", "storage-key.rewrap"])
            #expect(try await store.installation(id)?.status == .active)
            #expect(try await store.event(head.id)?.state == .leased)
            #expect(try await store.apiKeys().map(\.name) == ["k"])
            #expect(try await store.apiKeys().allSatisfy { $0.revokedAt == nil })
        }
    }

    @Test func `a key's last use that waits for the writer withdraws the request behind it`() async throws {
        let held = HeldWriter()
        let harness = try await Harness(over: TestStore(probe: held.probe))
        let (deployment, clock) = (harness.deployment, harness.deployment.clock)
        let id = try deployment.platform.id()
        _ = try await deployment.install(id)
        let bearer = try await harness.bearer(.admin)
        let rewrap = try await held.hold(deployment.test, now: { clock.now })
        defer { held.release() }
        let path = "/api/v1/installations/\(id.addonKey.text)/\(id.workspaceID.text)/\(id.addonID.text)/forget"
        try await harness.serving(limits: Self.hasty) { client in
            let answer = try await client.ask(.post, path, bearer, body: "{}")
            #expect(answer.status == 503)
        }
        held.release()
        try await rewrap.value
        #expect(try await deployment.test.store.installation(id)?.status == .active)
        try await harness.serving { client in
            let answer = try await client.ask(.post, path, bearer, body: "{}")
            #expect(answer.status == 200)
        }
    }

    /// A store whose writes begin and do not end.
    private final class Endless: AuditStore {
        let real: Store
        private let gate = AsyncStream.makeStream(of: Void.self)

        init(_ real: Store) { self.real = real }

        func append(_ entry: AuditEntry) async throws(StoreError) {
            let ticket = WriteTicket.current
            try await WriteTicket.inTime { [gate] in
                guard ticket?.begin() ?? true else { return Result<Void, StoreError>.failure(.withdrawn) }
                for await _ in gate.stream { break }
                return .success(())
            }
        }

        func auditRecords(
            since: Timestamp?, of installation: InstallationID?, page: PageRequest
        ) async throws(StoreError) -> Page<AuditRecord> {
            try await real.auditRecords(since: since, of: installation, page: page)
        }
        func verifyAudit(against kept: AuditHead?) async throws(StoreError) -> AuditVerdict {
            try await real.verifyAudit(against: kept)
        }
    }

    @Test func `a write that has begun and does not end closes the connection without an answer`() async throws {
        let test = try TestStore()
        let harness = try await Harness(over: test, audit: Endless(test.store))
        let id = try harness.deployment.platform.id("ws9")
        var limits = OperatorLimits()
        limits.writeTimes = WriteTicket.Times(patience: .milliseconds(20), outcome: .milliseconds(20))
        try await harness.serving(.local(userID: 1), limits: limits) { client in
            // Unknown, so its refusal is recorded.
            let path = "/api/v1/installations/\(id.addonKey.text)/\(id.workspaceID.text)/\(id.addonID.text)/forget"
            await #expect(throws: (any Error).self) { try await client.ask(.post, path, body: "{}") }
        }
    }
}
