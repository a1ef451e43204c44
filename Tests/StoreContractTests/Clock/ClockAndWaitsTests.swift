import Installations
import Marketplace
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import Store

/// All that waits, when a clock that was ahead is put right.
@Suite struct ClockAndWaitsTests {
    private static let steps: [Int64] = [3_600, 86_400, 400 * 86_400]
    private static let day: Int64 = 86_400

    private func sweep(_ test: StoreUnderTest) async throws -> SweepResult {
        try await test.store.sweep(at: test.now, retention: EventRetention(days: 7), limit: 100)
    }

    /// What `doctor` says of the clock.
    private func clockFinding(_ test: StoreUnderTest) async -> Finding? {
        await test.store.findings(at: test.now).first { $0.name == "clock" }
    }

    /// How many steps back are kept.
    private func keptSteps(_ test: StoreUnderTest) async throws -> Int {
        try await test.engine.read { reads in try reads.clock().steps.all.count }
    }

    @Test(arguments: EngineUnderTest.allCases, Self.steps)
    func `the patience of delivery counts from when the clock was put right`(
        engine: EngineUnderTest, step: Int64
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.append("1")
        let replayed = try await test.settleHead(stream, .dead(.timeout))
        _ = try await test.store.replay(replayed, actor: .system, at: test.now)
        test.clock.advance(seconds: -step)
        let corrected = test.now
        await test.pass(1)
        #expect(try await test.head(stream)?.waitsSince == corrected)
        #expect(try await test.store.eventDetail(replayed)?.waitsSince == corrected)
        // By leases that run out, which the store judges by itself.
        for _ in 1...3 {
            _ = try await test.leaseHead(stream, seconds: Self.day)
            await test.pass(Self.day)
            _ = try await test.store.endHolds(at: test.now, limit: 10, schedule: RetrySchedule())
        }
        #expect(try await test.state(replayed) == .dead)
        #expect(try await test.head(stream)?.waitsSince == corrected, "the next one has no days of its own")
        _ = try await test.store.replay(replayed, actor: .system, at: test.now)
        #expect(
            try await test.store.eventDetail(replayed)?.waitsSince == test.now, "replayed since, so its date is right")
    }

    @Test(arguments: EngineUnderTest.allCases, Self.steps)
    func `the grace of a retired storage key counts from when the clock was put right`(
        engine: EngineUnderTest, step: Int64
    ) async throws {
        let test = try StoreUnderTest(engine)
        let key = StorageKey.random()
        try await test.store.addStorageKey(key, actor: .system, at: test.now)
        func take(_ step: StorageKeyStep) async throws -> Result<StorageKeyRecord, StorageKeyRefusal> {
            try await test.store.advance(key.id, by: step, immediately: false, actor: .system, at: test.now)
        }
        _ = try await take(.retire).get()
        await test.store.noteClock(at: test.now)
        test.clock.advance(seconds: -step)
        await test.pass(7 * Self.day - 1)
        let until = Timestamp(milliseconds: test.now.milliseconds + 1000)
        let early = try await take(.destroy)
        #expect(throws: StorageKeyRefusal.tooEarly(until: until)) { try early.get() }
        await test.pass(1)
        #expect(try await take(.destroy).get().state == .destroyed)
    }

    @Test(arguments: EngineUnderTest.allCases, Self.steps)
    func `an API key that ends lives as long as it was meant to, from when the clock was put right`(
        engine: EngineUnderTest, step: Int64
    ) async throws {
        let test = try StoreUnderTest(engine)
        let grant = APIKeyGrant(scopes: [.read], expiresAt: test.later(7200))
        let (_, secret) = try await test.store.createAPIKey(name: "worker", grant, actor: .system, at: test.now)
        await test.store.noteClock(at: test.now)
        test.clock.advance(seconds: -step)
        await test.pass(7199)
        #expect(try await test.store.apiKey(presenting: secret, from: "::1", at: test.now) != nil)
        await test.pass(1)
        #expect(try await test.store.apiKey(presenting: secret, from: "::1", at: test.now) == nil)
        let later = APIKeyGrant(scopes: [.read], expiresAt: test.later(7200))
        let (_, other) = try await test.store.createAPIKey(name: "other", later, actor: .system, at: test.now)
        await test.pass(7199)
        #expect(try await test.store.apiKey(presenting: other, from: "::1", at: test.now) != nil)
    }

    @Test(arguments: EngineUnderTest.allCases, Self.steps)
    func `the oldest waiting event waits since the clock was put right`(
        engine: EngineUnderTest, step: Int64
    ) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        test.clock.advance(seconds: -step)
        await test.store.noteClock(at: test.now)
        #expect(try await test.store.sample().oldestWaiting == test.now)
    }

    @Test(arguments: EngineUnderTest.allCases, Self.steps)
    func `doctor says that the clock was put back while anything may wait longer for it`(
        engine: EngineUnderTest, step: Int64
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install("ws1")
        await test.store.noteClock(at: test.now)
        #expect(await clockFinding(test)?.status == .ok)
        test.clock.advance(seconds: -step)
        #expect(await clockFinding(test)?.status == .fail, "not noticed yet")
        await test.store.noteClock(at: test.now)
        let told = await clockFinding(test)
        #expect(
            told?.status == .warn)
        try await test.install("ws2")
        try await test.settleHead(stream, .delivered)
        #expect(await clockFinding(test)?.status == .warn, "what comes then does not silence it")
        await test.pass(7 * Self.day - 1)
        #expect(await clockFinding(test)?.status == .warn)
        await test.pass(2)
        #expect(await clockFinding(test)?.status == .ok)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a step of less than a minute is none`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        await test.store.noteClock(at: test.now)
        test.clock.advance(seconds: -59)
        await test.store.noteClock(at: test.now)
        #expect(try await keptSteps(test) == 0)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a clock that goes to and fro does not keep what it dated`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.append("1")
        try await test.settleHead(stream, .delivered)
        test.clock.advance(seconds: -86_400)
        for _ in 1...10 {
            await test.store.noteClock(at: test.later(3600))
            await test.store.noteClock(at: test.now)
        }
        await test.pass(7 * Self.day + 1)
        #expect(try await sweep(test).removed == 1)
    }
}
