import GRDB
import Installations
import Marketplace
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore
@testable import Store

/// The deep form of a rotation: fresh installation keys, and everything sealed anew under them.
@Suite struct ReencryptionTests {
    private let deployment: TestDeployment
    private let manager: StorageKeyManager
    private var store: Store { deployment.test.store }
    private var engine: SQLiteStore { deployment.test.engine }

    init() async throws {
        let deployment = try await TestDeployment()
        self.deployment = deployment
        // The first storage key is the older one from here on.
        deployment.clock.advance(seconds: 1)
        manager = StorageKeyManager(
            store: deployment.test.store, keyring: deployment.test.keyring, now: { deployment.clock.now })
    }

    private func install(_ count: Int) async throws {
        for number in 1...count {
            let id = try deployment.platform.id("ws\(number)", "i")
            _ = try await deployment.install(id)
        }
    }

    /// Lets webhooks arrive in the first workspace.
    private func receive(_ count: Int, filling: Int) async throws {
        let id = try deployment.platform.id("ws1", "i")
        try await deployment.running { () async throws in
            let token = try deployment.platform.webhookToken(id, "/webhooks/time")
            let body = #"{"filling":"\#(String(repeating: "x", count: filling))"}"#
            for _ in 1...count {
                let answer = try await deployment.webhook(token, body: body)
                guard case WebhookAnswer.accepted = answer else {
                    Issue.record("not accepted: \(answer)")
                    return
                }
            }
        }
    }

    private func promoteNew() async throws -> StorageKeyID {
        let old = try #require(try await store.storageKeys().first { $0.state == .primary }).id
        let new = try await manager.add(actor: .system).id
        _ = try await manager.advance(new, by: .promote, actor: .system)
        return old
    }

    private func reencrypt(from old: StorageKeyID) async throws -> RewrapBatch {
        try await store.reencrypt(from: old, in: NumberRange(), limit: 100, at: deployment.clock.now)
    }

    private func verify() async throws -> VerifyReport {
        try await manager.verify(sample: nil, by: KeyWorker(actor: .system)) { _ in }
    }

    /// Every sealed value's key id, by place.
    private func keyIDs() async throws -> [String: [UInt8]] {
        try await engine.pool.read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT 'key ' || number AS place, wrapped_key AS value FROM installation
                    UNION ALL SELECT name || installation, sealed FROM installation_secret
                    UNION ALL SELECT path || installation, sealed FROM webhook_token
                    UNION ALL SELECT 'event ' || id, sealed_body FROM event
                    """)
            return Dictionary(
                rows.map { ($0["place"], Array($0.bytes("value")[2..<10])) }, uniquingKeysWith: { first, _ in first })
        }
    }

    @Test func `every value is sealed anew under a fresh key, and everything still opens`() async throws {
        try await install(3)
        let id = try deployment.platform.id("ws1", "i")
        let settings = SecretBytes(utf8: #"{"settings":[]}"#)
        _ = try await store.perform(
            deployment.platform.call(id, .settingsUpdated(settings), at: deployment.clock.now))
        // A dead letter may be replayed one day.
        let dead = try #require(try await store.events(matching: EventFilter(), page: PageRequest()).items.last).id
        let death = Settlement(event: dead, change: .dead(.timeout), at: deployment.clock.now)
        #expect(try await store.settle([death]).map(\.isApplied) == [true])
        let before = try await keyIDs()
        let opened = try await verify().opened
        let report = try await manager.rotate(reencrypt: true, by: KeyWorker(actor: .system)) { _ in }
        #expect(report.reencrypt && report.rewrapped == 3 && report.corrupt == 0)
        let after = try await keyIDs()
        #expect(before.keys == after.keys)
        for (place, key) in before { #expect(after[place] != key, "\(place)") }
        let verified = try await verify()
        #expect(verified.opened == opened && verified.damaged.isEmpty)
        #expect(try await engine.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM outgoing_key") } == 0)
        let reading = TokenReading(actor: .system, reason: .none, at: deployment.clock.now)
        guard case .token = try await store.token(of: id, reading: reading) else {
            Issue.record("the installation token is lost")
            return
        }
    }

    @Test func `until the last event is sealed anew everything opens, and the old storage key is kept`() async throws {
        try await install(1)
        try await receive(20, filling: 10)
        let old = try await promoteNew()
        #expect(try await reencrypt(from: old).rewrapped == 1)
        // Only the first events were sealed anew with the rest.
        #expect(try await verify().damaged.isEmpty)
        let event = try #require(try await store.events(matching: EventFilter(), page: PageRequest()).items.first)
        #expect(try await store.eventBody(event.id, actor: .system, at: deployment.clock.now) != nil)
        // Nothing else is under it any more.
        _ = try await store.rewrapDeployment(at: deployment.clock.now)
        #expect(try await store.storageKeys().first { $0.id == old }?.installations == 0)
        await #expect(throws: StorageKeyError.self) { _ = try await manager.advance(old, by: .retire, actor: .system) }

        let report = try await manager.rotate(reencrypt: false, by: KeyWorker(actor: .system)) { _ in }
        #expect(report.corrupt == 0)
        #expect(try await store.storageKeys().map(\.state) == [.disabled, .primary])
        #expect(try await store.eventBody(event.id, actor: .system, at: deployment.clock.now) != nil)
    }

    @Test func `a reinstall that comes in between wins, whole`() async throws {
        try await install(1)
        let old = try await promoteNew()
        let plan = try await store.planReencryption(from: old, in: NumberRange(), limit: 10)
        let id = try deployment.platform.id("ws1", "i")
        _ = try await deployment.install(id, tokens: "second")
        let batch = try await store.commit(plan, deployment.clock.now)
        #expect(batch.overtaken == 1)
        #expect(try await verify().damaged.isEmpty)
        let token = try deployment.platform.webhookToken(id, "/webhooks/time", tokens: "second")
        try await deployment.running { () async throws in
            guard case WebhookAnswer.accepted = try await deployment.webhook(token) else {
                Issue.record("the new token set was lost")
                return
            }
        }
    }

    @Test func `a webhook accepted by a token set in memory is sealed under the key that is current at its commit`()
        async throws
    {
        try await install(1)
        let id = try deployment.platform.id("ws1", "i")
        let token = try deployment.platform.webhookToken(id, "/webhooks/time")
        try await deployment.running { () async throws in
            // The first one brings the entry into memory, where it names the old key.
            for _ in 1...2 {
                guard case WebhookAnswer.accepted = try await deployment.webhook(token) else {
                    Issue.record("not accepted")
                    return
                }
                _ = try await manager.rotate(reencrypt: true, by: KeyWorker(actor: .system)) { _ in }
                deployment.clock.advance(seconds: 4000)
            }
        }
        let verified = try await verify()
        // The key, the installation token, two webhook tokens, the install event and two webhooks.
        #expect(verified.damaged.isEmpty && verified.opened == 7)
    }

    /// Four megabytes a batch, or 500 events.
    @Test(arguments: [(events: 12, filling: 900_000, batches: 3), (600, 10, 2)])
    func `many waiting events are sealed anew in several batches`(
        events: Int, filling: Int, batches expected: Int
    ) async throws {
        try await install(1)
        try await receive(events, filling: filling)
        let old = try await promoteNew()
        _ = try await reencrypt(from: old)
        var batches = 0
        var range = NumberRange()
        while let batch = try await store.reseal(in: range, at: deployment.clock.now) {
            range.after = batch.next
            batches += 1
            #expect(try await verify().damaged.isEmpty)
        }
        #expect(batches == expected)
        #expect(try await verify().opened == 4 + 1 + Int64(events))
    }
}
