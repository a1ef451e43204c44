import Foundation
import GRDB
import Installations
import Sealing
import Synchronization
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore
@testable import Store

@Suite struct RewrappingTests {
    private let deployment: TestDeployment
    private let manager: StorageKeyManager
    private var store: Store { deployment.test.store }
    private var engine: SQLiteStore { deployment.test.engine }

    init() async throws {
        let deployment = try await TestDeployment()
        self.deployment = deployment
        manager = StorageKeyManager(
            store: deployment.test.store, keyring: deployment.test.keyring, now: { deployment.clock.now })
    }

    private func rewrap(from old: StorageKeyID) async throws -> RewrapBatch {
        _ = try await store.rewrapDeployment(at: deployment.clock.now)
        return try await store.rewrap(from: old, in: NumberRange(), limit: 10, at: deployment.clock.now)
    }

    private func install(_ count: Int) async throws {
        for number in 1...count {
            let id = try deployment.platform.id("ws\(number)", "i")
            _ = try await store.perform(
                deployment.platform.call(id, try deployment.platform.install(id), at: deployment.clock.now))
        }
    }

    private func primary() async throws -> StorageKeyID {
        try #require(try await store.storageKeys().first { $0.state == .primary }).id
    }

    private func promoteNew() async throws -> (old: StorageKeyID, new: StorageKeyID) {
        let old = try await primary()
        let new = try await manager.add(actor: .system).id
        _ = try await manager.advance(new, by: .promote, actor: .system)
        return (old, new)
    }

    @Test func `a batch ends early for another write and goes on after it`() async throws {
        let count = Store.leastSwaps + 8
        try await install(count)
        let (old, _) = try await promoteNew()
        let left = Mutex<[Int?]>([])
        let store = Store(over: engine) { [engine] step in
            guard step == .batchCommitted else { return }
            let found = try? engine.pool.read { db in
                try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM installation WHERE storage_key = ?", arguments: [old.description])
            }
            left.withLock { $0.append(found) }
        }
        let plan = try await store.planRewrap(from: old, in: NumberRange(), limit: count)
        engine.expectWrite()
        defer { engine.endWrite() }
        #expect(try await store.commit(plan, deployment.clock.now).rewrapped == count)
        #expect(left.withLock { $0 } == [8, 0])
    }

    @Test func `webhooks go on while the key they were accepted under is replaced and destroyed`() async throws {
        let id = try deployment.platform.id()
        _ = try await deployment.install(id)
        let token = try deployment.platform.webhookToken(id, "/webhooks/time")
        try await deployment.running { () async throws in
            guard case WebhookAnswer.accepted = try await deployment.webhook(token) else {
                Issue.record("not accepted before the rotation")
                return
            }
            let (old, _) = try await promoteNew()
            _ = try await rewrap(from: old)
            _ = try await manager.advance(old, by: .retire, actor: .system)
            _ = try await manager.advance(old, by: .destroy, immediately: true, actor: .system)
            // The entry in memory still names the destroyed key.
            guard case WebhookAnswer.accepted = try await deployment.webhook(token) else {
                Issue.record("not accepted after the rotation")
                return
            }
        }
    }
}
