import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

/// What `doctor` and the gauges say, but of the file.
@Suite struct StoreChecksTests {
    private func finding(_ name: String, _ test: StoreUnderTest, after seconds: Int64 = 0) async -> Finding? {
        await test.store.findings(at: test.later(seconds)).first { $0.name == name }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a new store has no findings, and every finding has a fix`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        #expect(await test.store.findings(at: test.now).allSatisfy { $0.status == .ok })
        for finding in await test.store.findings(at: Timestamp(milliseconds: 1000)) where finding.status != .ok {
            #expect(finding.fix != nil)
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a clock behind the newest record, or in no plausible year, is a failure`(engine: EngineUnderTest) async throws
    {
        let test = try StoreUnderTest(engine)
        #expect(await finding("clock", test, after: -59)?.status == .ok)
        #expect(await finding("clock", test, after: -61)?.status == .fail)
        #expect(await finding("clock", test, after: -60 * 365 * 24 * 3600)?.status == .fail)
        #expect(await finding("clock", test, after: 200 * 365 * 24 * 3600)?.status == .fail)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `what comes after a clock was put right does not hide that it was ahead`(engine: EngineUnderTest) async throws
    {
        let test = try StoreUnderTest(engine)
        try await test.install("ws1")
        test.clock.advance(seconds: -86_400)
        try await test.install("ws2")
        #expect(await finding("clock", test)?.status == .fail)
        #expect(await finding("clock", test, after: 86_400)?.status == .ok)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a backup is asked for after seven days, and one of a clock that was ahead is not fresh`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let week: Int64 = 7 * 86_400
        for _ in 1...2 {
            #expect(await finding("last backup", test, after: -59)?.status == .ok)
            #expect(await finding("last backup", test, after: -61)?.status == .warn)
            #expect(await finding("last backup", test, after: week)?.status == .ok)
            #expect(await finding("last backup", test, after: week + 1)?.status == .warn)
            let backup = Backup(madeAt: test.now, path: "/b", bytes: 1, keys: [try await test.primary()])
            try await test.store.record(backup)
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `the newest hundred backups are on record, and for each storage key the newest that needs it`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let (old, new) = try await test.promoteNew()
        func record(_ name: Int, _ keys: [StorageKeyID]) async throws {
            try await test.store.record(Backup(madeAt: test.now, path: "/\(name)", bytes: 1, keys: keys))
        }
        let unknown = StorageKey.random().id
        try await record(1, [old])
        try await record(2, [old, new])
        try await record(3, [unknown])
        for name in 4...103 { try await record(name, [new]) }
        #expect(try await test.store.newestBackup(needing: old)?.path == "/2")
        #expect(try await test.store.newestBackup(needing: new)?.path == "/103")
        #expect(try await test.store.newestBackup(needing: unknown) == nil, "a key that there is not keeps none")
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a restored store says where it came from, and nobody is logged in to it`(engine: EngineUnderTest) async throws
    {
        let test = try StoreUnderTest(engine)
        let key = try await test.store.createAPIKey(name: "a", scopes: [.read], actor: .system, at: test.now).key
        let session = try await test.store.beginSession(of: key, from: "", at: test.now).secret
        let backup = Backup(madeAt: test.now, path: "/b", bytes: 1, keys: [try await test.primary()])
        let head = try #require(
            try await test.store.auditRecords(since: nil, of: nil, page: PageRequest(limit: 1)).items.first)
        let manifest = BackupManifest(
            format: 1, madeAt: test.now, program: "test", schema: "", auditNumber: head.number.value,
            auditHash: head.hash,
            installations: 0, keys: backup.keys)
        try await test.store.recordRestore(of: backup, manifest, actor: .system, at: test.now)
        #expect(try await test.store.newestBackup(needing: backup.keys[0])?.path == "/b")
        let record = try await test.store.auditRecords(since: nil, of: nil, page: PageRequest(limit: 1)).items.first
        #expect(try await test.store.session(presenting: session, at: test.now) == nil)
        #expect(record?.number == 4 && record?.entry.outcome == "restored" && record?.entry.subject == "/b")
        #expect(try await test.isIntact())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `the gauges count what is there`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let arrived = test.now
        for workspace in ["ws1", "ws2", "ws3"] { try await test.install(workspace) }
        test.clock.advance(seconds: 60)
        try await test.perform(test.id("ws2"), .statusChanged("INACTIVE"))
        try await test.uninstall("ws3")
        try await test.settleHead(1, .dead(.timeout))
        let sample = try await test.store.sample()
        #expect(sample.installations.filter { $0.value > 0 } == [.active: 1, .inactive: 1, .deleted: 1])
        #expect(sample.storageKeys.map(\.installations) == [3])
        #expect(sample.deadEvents == 1 && sample.damagedValues == 0 && sample.oldestWaiting == arrived)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a row that was changed is told, and so are values that do not open`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        #expect(await finding("authority", test)?.status == .ok)
        try await test.damage(.status(of: stream, .inactive))
        #expect(await finding("authority", test)?.message.contains("changed without the deployment's key") == true)
        try await test.damage(.secrets(of: stream))
        try await test.damage(.webhookTokens(of: stream, path: "/webhooks/time"))
        #expect(await finding("sealed values", test)?.status == .ok, "nobody has looked")
        _ = try await test.verify()
        #expect(await finding("sealed values", test)?.message == "1 do not open")
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a rotation that is unfinished is told`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        #expect(await finding("rotation", test)?.status == .ok)
        try await test.promoteNew()
        #expect(await finding("rotation", test)?.message.contains("1 installations are under an old one") == true)
        test.clock.advance(seconds: 1)
        _ = try await test.keys.rotate(reencrypt: false, by: KeyWorker(actor: .system)) { _ in }
        #expect(await finding("rotation", test)?.status == .ok)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a store that is closed answers nobody`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let id = try test.id()
        try test.store.close()
        await #expect(throws: StoreError.self) { try await test.perform(id, .deleted) }
        await #expect(throws: StoreError.self) { _ = try await test.store.installation(id) }
    }
}
