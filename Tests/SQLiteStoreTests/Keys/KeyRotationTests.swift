import FoundationEssentials
import GRDB
import Installations
import Sealing
import Synchronization
import TestSupport
import Testing

@testable import SQLiteStore
@testable import Store

/// The whole of a rotation over a real store, from each place it may stand at.
@Suite struct KeyRotationTests {
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

    private func install(_ numbers: ClosedRange<Int>) async throws {
        for number in numbers {
            let id = try deployment.platform.id("ws\(number)", "i")
            _ = try await store.perform(
                deployment.platform.call(id, try deployment.platform.install(id), at: deployment.clock.now))
        }
    }

    private func rotate(reencrypt: Bool = false, rate: Int = 0) async throws -> RotationReport {
        deployment.clock.advance(seconds: 1)
        return try await manager.rotate(reencrypt: reencrypt, by: KeyWorker(actor: .system, rate: rate)) { _ in }
    }

    private func keyFile(_ id: StorageKeyID) -> String { "\(deployment.test.directory.path)/keys/\(id).key" }

    private func verify() async throws -> VerifyReport {
        try await manager.verify(sample: nil, by: KeyWorker(actor: .system)) { _ in }
    }

    private func rotationFinding() async throws -> Finding {
        try #require(await store.findings(at: deployment.clock.now).first { $0.name == "rotation" })
    }

    private func states() async throws -> [StorageKeyState] { try await store.storageKeys().map(\.state) }

    @Test func `it adds, promotes, rewraps, verifies and retires`() async throws {
        try await install(1...25)
        let old = try #require(try await store.storageKeys().first).id
        let report = try await rotate()
        #expect(report.standing == .began && report.from == old && report.to != old)
        #expect(report.installations == 25 && report.rewrapped == 25 && report.alreadyCurrent == 0)
        #expect(report.verified == 25 && report.corrupt == 0 && report.skipped == 0)
        #expect(try await states() == [.disabled, .primary])
        let actions = try await store.auditRecords(since: nil, of: nil, page: PageRequest(limit: 6)).items.map {
            "\($0.entry.action) \($0.entry.outcome)"
        }
        #expect(
            actions == [
                "storage-key.rotate finished", "storage-key.retire disabled", "storage-key.rotate began",
                "storage-key.promote primary", "storage-key.promote retiring", "storage-key.add prepared",
            ])
    }

    @Test func `asked again when it has just finished, it says so and changes nothing`() async throws {
        try await install(1...3)
        let first = try await rotate()
        let again = try await rotate()
        #expect(again.standing == .finished && again.from == first.from && again.to == first.to)
        #expect(again.rewrapped == 0 && again.alreadyCurrent == 3)
        #expect(try await states() == [.disabled, .primary])
    }

    @Test func `ten minutes later, or with a key that was added for it, it begins another`() async throws {
        try await install(1...1)
        _ = try await rotate()
        let added = try await manager.add(actor: .system)
        #expect(try await rotate().to == added.id)
        deployment.clock.advance(seconds: 601)
        #expect(try await rotate().standing == .began)
        #expect(try await states().filter { $0 == .primary }.count == 1)
    }

    @Test func `one that finished later than now, by a clock that was ahead, has not just finished`() async throws {
        try await install(1...1)
        _ = try await rotate()
        deployment.clock.advance(seconds: -86_400)
        #expect(try await rotate().standing == .began)
    }

    @Test func `while the primary key's file is missing no rotation is finished or gone on with`() async throws {
        try await install(1...4)
        let first = try await rotate()
        try FileManager.default.removeItem(atPath: keyFile(try #require(first.to)))
        let rescue = try await rotate()
        #expect(rescue.standing == .began && rescue.rewrapped == 4)
        let rescued = try #require(rescue.to)
        #expect(FileManager.default.fileExists(atPath: keyFile(rescued)))

        let next = try await manager.add(actor: .system).id
        _ = try await manager.advance(next, by: .promote, actor: .system)
        _ = try await store.rewrap(from: rescued, in: NumberRange(), limit: 2, at: deployment.clock.now)
        try FileManager.default.removeItem(atPath: keyFile(next))
        let last = try await rotate()
        #expect(last.standing == .began && last.to != next && last.rewrapped == 4)
        #expect(try await states().filter { $0 == .retiring } == [])
    }

    @Test func `a deep rotation is begun although a plain one has just finished`() async throws {
        try await install(1...1)
        _ = try await rotate()
        #expect(try await rotate(reencrypt: true).standing == .began)
        #expect(try await rotate(reencrypt: true).standing == .finished)
        #expect(try await rotate().standing == .finished)
    }

    @Test func `what was promoted by hand, or left by an interruption, is gone on with`() async throws {
        try await install(1...10)
        let old = try #require(try await store.storageKeys().first).id
        let new = try await manager.add(actor: .system).id
        _ = try await manager.advance(new, by: .promote, actor: .system)
        _ = try await store.rewrap(from: old, in: NumberRange(), limit: 4, at: deployment.clock.now)
        let plan = try await manager.planRotation(reencrypt: false, by: KeyWorker(actor: .system, rate: 10))
        #expect(plan.standing == .resumed && plan.alreadyCurrent == 4)
        #expect(try await rotationFinding().status == .warn)
        // Six to rewrap and ten to verify, at ten a second.
        #expect(plan.milliseconds == 1600)
        let report = try await rotate()
        #expect(report.standing == .resumed && report.from == old && report.to == new)
        #expect(report.rewrapped == 6 && report.alreadyCurrent == 4 && report.verified == 10)
        #expect(try await rotationFinding().status == .ok)
        #expect(try await states() == [.disabled, .primary])
    }

    @Test func `a dry run changes nothing`() async throws {
        try await install(1...2)
        let before = try await store.auditRecords(since: nil, of: nil, page: PageRequest()).items.count
        let plan = try await manager.planRotation(reencrypt: true, by: KeyWorker(actor: .system))
        #expect(plan.standing == .began && plan.to == nil && plan.installations == 2 && plan.rewrapped == 0)
        #expect(try await states() == [.primary])
        #expect(try await store.auditRecords(since: nil, of: nil, page: PageRequest()).items.count == before)
    }

    @Test func `one that is cancelled ends after its batch, and the next call goes on`() async throws {
        try await install(1...30)
        let manager = manager
        let cancelled = Mutex<Task<RotationReport, any Error>?>(nil)
        let task = Task {
            try await manager.rotate(reencrypt: false, by: KeyWorker(actor: .system, rate: 50)) { progress in
                if progress.done >= 5 { cancelled.withLock { $0?.cancel() } }
            }
        }
        cancelled.withLock { $0 = task }
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        let report = try await rotate()
        #expect(report.standing == .resumed && report.corrupt == 0 && report.verified == 30)
        #expect(report.alreadyCurrent >= 5 && report.rewrapped + report.alreadyCurrent == 30)
    }

    @Test func `a second one is told who is at work`() async throws {
        try await install(1...20)
        let (steps, step) = AsyncStream.makeStream(of: KeyWorkProgress.self)
        async let report = manager.rotate(
            reencrypt: false, by: KeyWorker(actor: .local(userID: 7), processID: 4711, rate: 100)
        ) { step.yield($0) }
        // Between two batches, so the first one is certainly at work.
        _ = await steps.first { _ in true }
        let refusal = await #expect(throws: StorageKeyError.self) {
            _ = try await manager.rewrapAll(by: KeyWorker(actor: .system)) { _ in }
        }
        let text = "\(try #require(refusal))"
        #expect(text.contains("keys rotate") && text.contains("local:7") && text.contains("process 4711"))
        #expect(try await report.verified == 20)
        #expect(try await manager.rewrapAll(by: KeyWorker(actor: .system)) { _ in }.rewrapped == 0)
    }

    @Test func `a value that does not open keeps the old key, and does not hold up the others`() async throws {
        try await install(1...5)
        try await engine.pool.write { db in
            try db.execute(sql: "UPDATE installation SET wrapped_key = zeroblob(90) WHERE number = 3")
        }
        let report = try await rotate()
        #expect(report.rewrapped == 4 && report.corrupt == 1)
        let record = try await store.auditRecords(since: nil, of: nil, page: PageRequest(limit: 1)).items.first?.entry
        #expect(record?.action == "storage-key.rotate" && record?.outcome == "1 values do not open")
        #expect(try await states() == [.retiring, .primary])
        #expect(try await store.latestRotation()?.finishedAt == nil)

        // The way out: whoever ends the installation gives it a key that opens.
        let id = try deployment.platform.id("ws3", "i")
        #expect(try await store.perform(deployment.platform.call(id, .deleted, at: deployment.clock.now)) == .end)
        let again = try await rotate()
        #expect(again.standing == .resumed && again.corrupt == 0)
        #expect(try await states() == [.disabled, .primary])
        // Its one event before the end was sealed under the key that is lost.
        #expect(try await verify().damaged.map(\.item.kind) == ["event"])
    }

    @Test func `what was wrapped anew is opened once more before the old storage key is retired`() async throws {
        try await install(1...3)
        let (steps, step) = AsyncStream.makeStream(of: KeyWorkProgress.self)
        let damage = Mutex<(any Error)?>(nil)
        let report = try await manager.rotate(reencrypt: false, by: KeyWorker(actor: .system)) { [engine] progress in
            step.yield(progress)
            guard progress.phase == .rewrap, progress.done == progress.total else { return }
            do {
                try engine.pool.write { db in
                    try db.execute(sql: "UPDATE installation SET wrapped_key = zeroblob(90) WHERE number = 2")
                }
            } catch {
                damage.withLock { $0 = error }
            }
        }
        step.finish()
        #expect(damage.withLock { $0 == nil })
        #expect(report.rewrapped == 3 && report.verified == 3 && report.corrupt == 1)
        #expect(try await states() == [.retiring, .primary])
        #expect(await steps.contains { $0.phase == .verify })
    }

    @Test func `what a rotation does not change keeps no storage key, and stays noted`() async throws {
        try await install(1...3)
        try await engine.pool.write { db in
            try db.execute(sql: "UPDATE webhook_token SET sealed = zeroblob(80) WHERE installation = 2")
        }
        let count = try await verify().damaged.count
        #expect(count == 2)
        #expect(try await rotate().corrupt == 0)
        #expect(try await states() == [.disabled, .primary])
        let findings = await store.findings(at: deployment.clock.now)
        #expect(findings.contains { $0.name == "sealed values" && $0.status == .fail })
        #expect(try await verify().damaged.count == count)
    }

    @Test func `a re-encryption verifies every value`() async throws {
        try await install(1...3)
        try await engine.pool.write { db in
            try db.execute(sql: "UPDATE event SET sealed_body = zeroblob(80) WHERE installation = 2")
        }
        #expect(try await rotate(reencrypt: true).corrupt == 1)
    }

    @Test func `a row whose names were changed is told by its number, and holds nobody up`() async throws {
        try await install(1...3)
        try await engine.pool.write { db in
            try db.execute(sql: "UPDATE installation SET workspace_id = 'not an id' WHERE number = 2")
        }
        let report = try await rotate()
        #expect(report.rewrapped == 2 && report.corrupt == 1)
        let found = try await verify()
        #expect(found.damaged.map(\.item.number) == [2, 2] && found.installations == 3)
        #expect(found.damaged.map(\.reason) == [.corrupt, .forged])
    }
}
