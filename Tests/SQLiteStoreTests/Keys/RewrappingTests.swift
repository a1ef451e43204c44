import Installations
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore
@testable import Store

@Suite struct RewrappingTests {
    private let deployment: TestDeployment
    private let manager: StorageKeyManager
    private var store: Store { deployment.test.store }

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

    private func primary() async throws -> StorageKeyID {
        try #require(try await store.storageKeys().first { $0.state == .primary }).id
    }

    private func promoteNew() async throws -> (old: StorageKeyID, new: StorageKeyID) {
        let old = try await primary()
        let new = try await manager.add(actor: .system).id
        _ = try await manager.advance(new, by: .promote, actor: .system)
        return (old, new)
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
