import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

/// The states of storage keys.
@Suite struct StorageKeyTests {
    @Test(arguments: EngineUnderTest.allCases)
    func `the steps are audited, refused ones change nothing, and repeating one is no error`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let (old, new) = try await test.promoteNew()
        await #expect(throws: StorageKeyError.self) {
            _ = try await test.keys.advance(new, by: .retire, actor: .system)
        }
        await #expect(throws: StorageKeyError.self) {
            _ = try await test.keys.advance(old, by: .destroy, actor: .system)
        }
        _ = try await test.rewrap(from: old, limit: 1)
        for _ in 1...2 { #expect(try await test.keys.advance(old, by: .retire, actor: .system).state == .disabled) }
        for _ in 1...2 {
            let key = try await test.keys.advance(old, by: .destroy, immediately: true, actor: .system)
            #expect(key.state == .destroyed)
        }
        await #expect(throws: StorageKeyError.self) {
            _ = try await test.keys.advance(old, by: .enable, actor: .system)
        }
        let audit = try await test.store.auditRecords(since: nil, of: nil, page: PageRequest())
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
        #expect(!test.keyring.ids.contains(old))
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `the store opens again after a rotation, with only the new key`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install(count: 2)
        let (old, _) = try await test.promoteNew()
        _ = try await test.rewrap(from: old)
        _ = try await test.keys.advance(old, by: .retire, actor: .system)
        _ = try await test.keys.advance(old, by: .destroy, immediately: true, actor: .system)
        let again = try test.reopened()
        guard case .intact = try await again.store.verifyAudit(against: nil) else {
            Issue.record("the audit key was lost with the old storage key")
            return
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `there is one primary key at every moment, and one that is promoted twice stays it`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let (_, new) = try await test.promoteNew()
        #expect(try await test.states().filter { $0 == .primary }.count == 1)
        #expect(try await test.store.storageKey(new)?.promotedAt == test.now)
        let before = try await test.audit().count
        #expect(try await test.keys.advance(new, by: .promote, actor: .system).state == .primary)
        #expect(try await test.audit().count == before)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a key that was added twice is refused`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let key = StorageKey.random()
        try await test.store.addStorageKey(key, actor: .system, at: test.now)
        await #expect(throws: StoreError.self) {
            try await test.store.addStorageKey(key, actor: .system, at: test.now)
        }
        #expect(try await test.states().count == 2)
        #expect(try await test.store.storageKey(key.id)?.checkValue == key.checkValue)
        #expect(try await test.isIntact())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a key with an installation under it is not retired, and one without has seven days before it goes`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        let (old, _) = try await test.promoteNew()
        _ = try await test.store.rewrapDeployment(at: test.now)
        func step(_ step: StorageKeyStep) async throws -> Result<StorageKeyRecord, StorageKeyRefusal> {
            try await test.store.advance(old, by: step, immediately: false, actor: .system, at: test.now)
        }
        let needed = try await step(.retire)
        #expect(throws: StorageKeyRefusal.hasInstallations(1)) { try needed.get() }
        #expect(try await test.store.rewrap(from: old, in: NumberRange(), limit: 10, at: test.now).rewrapped == 1)
        #expect(try await step(.retire).get().state == .disabled)
        test.clock.advance(seconds: 7 * 86_400 - 1)
        let early = try await step(.destroy)
        #expect(throws: StorageKeyRefusal.tooEarly(until: test.later(1))) { try early.get() }
        test.clock.advance(seconds: 1)
        #expect(try await step(.destroy).get().state == .destroyed)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a key that the deployment's own is wrapped under is not retired`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let (old, _) = try await test.promoteNew()
        await #expect(throws: StorageKeyError.self) {
            _ = try await test.keys.advance(old, by: .retire, actor: .system)
        }
        _ = try await test.store.rewrapDeployment(at: test.now)
        #expect(try await test.keys.advance(old, by: .retire, actor: .system).state == .disabled)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a state that somebody wrote is no reason to go on from there, but the key can be retired`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let key = StorageKey.random()
        try test.keyring.add(key)
        try await test.store.addStorageKey(key, actor: .system, at: test.now)
        try await test.damage(.state(of: key.id, .retiring))
        await #expect(throws: StoreError.self) {
            _ = try await test.store.advance(key.id, by: .promote, immediately: false, actor: .system, at: test.now)
        }
        #expect(try await test.store.storageKey(key.id)?.isGenuine == false)
        guard case .forged(_, let rows) = try await test.store.verifyAudit(against: nil) else {
            Issue.record("a changed state is found")
            return
        }
        #expect(rows.named.map(\.item.kind) == ["storage_key"] && rows.named.map(\.place) == [key.id.description])
        let retired = try await test.store.advance(
            key.id, by: .retire, immediately: false, actor: .system, at: test.now)
        #expect(try retired.get().state == .disabled)
        #expect(try await test.isIntact())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `the deployment's key is found by its header, whatever its row says`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let (old, new) = try await test.promoteNew()
        try await test.damage(.deploymentKeyColumn(new))
        await #expect(throws: StorageKeyError.self) {
            _ = try await test.keys.advance(old, by: .retire, actor: .system)
        }
        #expect(try await test.store.rewrapDeployment(at: test.now))
        #expect(try await test.keys.advance(old, by: .retire, actor: .system).state == .disabled)
        #expect(try await test.reopened().isIntact())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a rotation at the end of all numbers keeps none from beginning and ending`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let key = try await test.primary()
        try await test.damage(.rotation(.max, key))
        let plan = RotationPlan(from: key, to: key, reencrypt: false)
        for _ in 1...2 {
            let rotation = try await test.store.beginRotation(plan, actor: .system, at: test.now)
            try await test.store.finishRotation(rotation, actor: .system, at: test.now)
        }
        #expect(try await test.isIntact())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `nothing is wrapped under a key that somebody made the primary one`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let key = StorageKey.random()
        try test.keyring.add(key)
        try await test.store.addStorageKey(key, actor: .system, at: test.now)
        try await test.damage(.state(of: try await test.primary(), .retiring))
        try await test.damage(.state(of: key.id, .primary))
        await #expect(throws: StoreError.self) { try await test.install() }
        #expect(try await test.census(key.id) == 0)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a rotation is begun once, goes on as it began and ends once`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let (old, new) = try await test.promoteNew()
        let plan = RotationPlan(from: old, to: new, reencrypt: false)
        let begun = try await test.store.beginRotation(plan, actor: .system, at: test.now)
        test.clock.advance(seconds: 60)
        let again = try await test.store.beginRotation(plan, actor: .system, at: test.now)
        #expect(again.number == begun.number && again.startedAt == begun.startedAt)
        try await test.store.finishRotation(again, actor: .system, at: test.now)
        #expect(try await test.store.latestRotation()?.finishedAt == test.now)
        await #expect(throws: StoreError.self) {
            try await test.store.finishRotation(again, actor: .system, at: test.now)
        }
        #expect(try await test.store.beginRotation(plan, actor: .system, at: test.now).number == begun.number + 1)
        await #expect(throws: StoreError.self, "another is under way") {
            try await test.store.finishRotation(begun, actor: .system, at: test.now)
        }
        #expect(try await test.isIntact())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a rotation whose end somebody wrote is told, and another takes its place`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let (old, new) = try await test.promoteNew()
        let plan = RotationPlan(from: old, to: new, reencrypt: false)
        let begun = try await test.store.beginRotation(plan, actor: .system, at: test.now)
        try await test.damage(.rotationEnd(test.later(400 * 86_400)))
        #expect(try await test.store.latestRotation() == nil)
        guard case .forged(_, let rows) = try await test.store.verifyAudit(against: nil) else {
            Issue.record("a changed rotation is found")
            return
        }
        #expect(rows.named.map(\.item.kind) == ["rotation"])
        #expect(try await test.store.beginRotation(plan, actor: .system, at: test.now).number == begun.number)
        #expect(try await test.isIntact())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a store that is made to look older is told`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.damage(.form(.mixed))
        guard case .forged(_, let rows) = try await test.store.verifyAudit(against: nil) else {
            Issue.record("a changed form is found")
            return
        }
        #expect(rows.named.map(\.item.kind) == ["deployment"])
    }
}
