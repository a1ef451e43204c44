import Foundation
import GRDB
import Glibc
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

    private func rewrap(
        from old: StorageKeyID, after: InstallationNumber = 0, limit: Int = 10
    ) async throws -> RewrapBatch {
        _ = try await store.rewrapDeployment(at: deployment.clock.now)
        return try await store.rewrap(
            from: old, in: NumberRange(after: after), limit: limit, at: deployment.clock.now)
    }

    private func verify() async throws -> VerifyReport {
        try await manager.verify(sample: nil, by: KeyWorker(actor: .system)) { _ in }
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

    private func census(_ id: StorageKeyID) async throws -> Int64 {
        try #require(try await store.storageKeys().first { $0.id == id }).installations
    }

    @Test func `a rotation in batches moves every key, and every secret still opens`() async throws {
        try await install(25)
        let (old, new) = try await promoteNew()
        var after: InstallationNumber? = 0
        var rewrapped = 0
        while let from = after {
            let batch = try await rewrap(from: old, after: from)
            rewrapped += batch.rewrapped
            after = batch.last
        }
        #expect(rewrapped == 25)
        #expect(try await census(old) == 0)
        #expect(try await census(new) == 25)
        let verified = try await verify()
        #expect(verified.installations == 25 && verified.damaged.isEmpty)
        // The key itself, the installation token, two webhook tokens and the install event of each.
        #expect(verified.opened == 25 * 5)
        #expect(try await manager.advance(old, by: .retire, actor: .system).state == .disabled)
    }

    @Test func `a key is needed though rows say that they are under another`() async throws {
        try await install(5)
        let (old, new) = try await promoteNew()
        try await engine.pool.write { db in
            try db.execute(sql: "UPDATE installation SET storage_key = '\(new)' WHERE number <= 2")
        }
        let report = try await manager.rotate(reencrypt: false, by: KeyWorker(actor: .system)) { _ in }
        #expect(report.rewrapped == 3 && report.corrupt == 2)
        #expect(try await verify().damaged.map(\.reason) == [.wrongPlace, .wrongPlace])
        await #expect(throws: StorageKeyError.self) {
            _ = try await manager.advance(old, by: .retire, actor: .system)
        }
        #expect(try await store.storageKeys().first { $0.id == old }?.state == .retiring)
    }

    @Test func `nothing is wrapped, retired or destroyed while the primary key's file is missing`() async throws {
        try await install(2)
        let (old, new) = try await promoteNew()
        let file = "\(deployment.test.directory.path)/keys/\(new).key"
        let kept = try #require(FileManager.default.contents(atPath: file))
        try FileManager.default.removeItem(atPath: file)
        await #expect(throws: StorageKeyError.self) {
            _ = try await manager.rewrapAll(by: KeyWorker(actor: .system)) { _ in }
        }
        #expect(try await census(old) == 2)
        _ = try await rewrap(from: old)
        await #expect(throws: StorageKeyError.self) { _ = try await manager.advance(old, by: .retire, actor: .system) }
        #expect(FileManager.default.createFile(atPath: file, contents: kept, attributes: [.posixPermissions: 0o600]))
        #expect(try await manager.advance(old, by: .retire, actor: .system).state == .disabled)
        try FileManager.default.removeItem(atPath: file)
        await #expect(throws: StorageKeyError.self) {
            _ = try await manager.advance(old, by: .destroy, immediately: true, actor: .system)
        }
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

    @Test func `what a rotation left half done is a normal state`() async throws {
        try await install(10)
        let (old, _) = try await promoteNew()
        _ = try await rewrap(from: old, limit: 5)
        #expect(try await census(old) == 5)
        let id = try deployment.platform.id("ws9", "i")
        #expect(try await store.perform(deployment.platform.call(id, .deleted, at: deployment.clock.now)) == .end)
        #expect(try await verify().damaged.isEmpty)
        await #expect(throws: StorageKeyError.self) { _ = try await manager.advance(old, by: .retire, actor: .system) }
    }

    @Test func `a new install is sealed under the key that was promoted a moment ago`() async throws {
        let (_, new) = try await promoteNew()
        try await install(1)
        #expect(try await census(new) == 1)
    }

    @Test func `whoever changed the row meanwhile wins`() async throws {
        try await install(2)
        let (old, new) = try await promoteNew()
        let plan = try await store.planRewrap(from: old, in: NumberRange(), limit: 10)
        let id = try deployment.platform.id("ws1", "i")
        _ = try await store.perform(
            deployment.platform.call(id, .statusChanged("INACTIVE"), at: deployment.clock.now))
        let batch = try await store.commit(plan, deployment.clock.now)
        #expect(batch.rewrapped == 1 && batch.overtaken == 1)
        #expect(try await census(old) == 1)
        #expect(try await census(new) == 1)
    }

    @Test func `nothing is swapped to a key that is not primary any more`() async throws {
        try await install(2)
        let (old, new) = try await promoteNew()
        let plan = try await store.planRewrap(from: old, in: NumberRange(), limit: 10)
        _ = try await promoteNew()
        #expect(try await store.commit(plan, deployment.clock.now).overtaken == 2)
        #expect(try await census(new) == 0)
    }

    @Test func `a row that does not open is named and left, and the others go on`() async throws {
        try await install(3)
        let (old, _) = try await promoteNew()
        try await engine.pool.write { db in
            try db.execute(
                sql: """
                    UPDATE installation SET wrapped_key = (SELECT wrapped_key FROM installation WHERE number = 1)
                    WHERE number = 2
                    """)
        }
        let batch = try await rewrap(from: old)
        #expect(batch.rewrapped == 2)
        #expect(batch.damaged.map(\.item.number) == [2])
        #expect(batch.damaged.first?.reason == .corrupt)
        #expect(try await census(old) == 1)
        let findings = try await verify()
        #expect(findings.damaged.map(\.item.number) == [2])
        #expect(await store.findings(at: TestClock().now).contains { $0.name == "sealed values" && $0.status == .fail })
    }

    @Test func `a missing key stops the batch untouched and is named`() async throws {
        try await install(3)
        let (old, _) = try await promoteNew()
        try FileManager.default.removeItem(atPath: deployment.test.directory.path + "/keys/\(old).key")
        // Out of memory as well; the store still knows it.
        deployment.test.keyring.forbid(old)
        deployment.test.keyring.permit(old)
        let error = await #expect(throws: StoreError.self) {
            _ = try await store.rewrap(from: old, in: NumberRange(), limit: 10, at: deployment.clock.now)
        }
        #expect("\(try #require(error))".contains("\(old).key"))
        #expect(try await census(old) == 3)
    }

    @Test func `verification tells a damaged token and event by their places`() async throws {
        try await install(1)
        try await engine.pool.write { db in
            try db.execute(sql: "UPDATE webhook_token SET sealed = zeroblob(80) WHERE path = '/webhooks/time'")
            try db.execute(sql: "UPDATE event SET sealed_body = substr(sealed_body, 1, length(sealed_body) - 1)")
        }
        let found = try await verify().damaged
        #expect(found.map(\.item.kind) == ["webhook_token", "event"])
        #expect(found.map(\.reason) == [.corrupt, .corrupt])
        #expect(found.first?.place == "/webhooks/time")
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

    @Test func `the steps are audited, refused ones change nothing, and repeating one is no error`() async throws {
        let (old, new) = try await promoteNew()
        await #expect(throws: StorageKeyError.self) { _ = try await manager.advance(new, by: .retire, actor: .system) }
        await #expect(throws: StorageKeyError.self) { _ = try await manager.advance(old, by: .destroy, actor: .system) }
        _ = try await rewrap(from: old, limit: 1)
        for _ in 1...2 { #expect(try await manager.advance(old, by: .retire, actor: .system).state == .disabled) }
        for _ in 1...2 {
            let key = try await manager.advance(old, by: .destroy, immediately: true, actor: .system)
            #expect(key.state == .destroyed)
        }
        await #expect(throws: StorageKeyError.self) { _ = try await manager.advance(old, by: .enable, actor: .system) }
        let audit = try await store.auditRecords(since: nil, of: nil, page: PageRequest())
        let outcomes = audit.items.map { record in
            "\(record.entry.action) " + record.entry.outcome.split(separator: " ").prefix(4).joined(separator: " ")
        }
        #expect(
            outcomes.prefix(8) == [
                "storage-key.enable refused: the store needs", "storage-key.destroy destroyed",
                "storage-key.retire disabled", "storage-key.destroy refused: it is retiring;",
                "storage-key.retire refused: it is the", "storage-key.promote primary", "storage-key.promote retiring",
                "storage-key.add prepared",
            ])
        #expect(!deployment.test.keyring.ids.contains(old))
    }

    @Test func `the store opens again after a rotation, with only the new key`() async throws {
        try await install(2)
        let (old, _) = try await promoteNew()
        _ = try await rewrap(from: old)
        _ = try await manager.advance(old, by: .retire, actor: .system)
        _ = try await manager.advance(old, by: .destroy, immediately: true, actor: .system)
        try store.close()
        let keyring = try Keyring(directory: KeyDirectory(path: deployment.test.directory.path + "/keys"))
        let again = Store(
            over: try SQLiteStore(
                path: deployment.test.file, lock: try ProcessLock(path: deployment.test.directory.path + "/lock2"),
                keyring: keyring))
        guard case .intact = try await again.verifyAudit(against: nil) else {
            Issue.record("the audit key was lost with the old storage key")
            return
        }
    }
}
