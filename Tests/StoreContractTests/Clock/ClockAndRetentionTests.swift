import Installations
import Marketplace
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import Store

/// What is cleared away when a clock that was ahead is put right, or one that was right is put back by mistake.
@Suite struct ClockAndRetentionTests {
    private static let steps: [Int64] = [3_600, 86_400, 400 * 86_400]
    private static let day: Int64 = 86_400

    private func sweep(_ test: StoreUnderTest, isBelieved: Bool = false) async throws -> SweepResult {
        try await test.store.sweep(at: test.now, retention: EventRetention(days: 7), limit: 100, isBelieved: isBelieved)
    }

    /// What `doctor` says of the clock.
    private func clockFinding(_ test: StoreUnderTest) async -> Finding? {
        await test.store.findings(at: test.now).first { $0.name == "clock" }
    }

    @Test(arguments: EngineUnderTest.allCases, Self.steps)
    func `what a clock that was ahead has dated is kept as long as it may be from when it was put right`(
        engine: EngineUnderTest, step: Int64
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let waiting = try await test.append("1", "2", "3")[2]
        let delivered = try await test.settleHead(stream, .delivered)
        let dead = try await test.settleHead(stream, .dead(.timeout))
        let replayed = try await test.settleHead(stream, .dead(.timeout))
        _ = try await test.store.replay(replayed, actor: .system, at: test.now)
        test.clock.advance(seconds: -step)
        #expect(try await sweep(test).removed == 0)
        await test.pass(7 * Self.day - 60)
        let early = try await sweep(test)
        #expect(early.removed == 0 && early.expired == 0)
        await test.pass(61)
        let due = try await sweep(test)
        #expect(due.removed == 2 && due.expired == 2)
        #expect(try await test.state(delivered) == nil)
        #expect(try await test.state(dead) == nil)
        for event in [waiting, replayed] { #expect(try await test.state(event) == .dead) }
        await test.pass(7 * Self.day - 60)
        #expect(try await sweep(test).removed == 0)
        await test.pass(61)
        #expect(try await sweep(test).removed == 2)
    }

    @Test(arguments: EngineUnderTest.allCases, Self.steps)
    func `what comes after the clock was put right is kept by its date, though ids are ahead`(
        engine: EngineUnderTest, step: Int64
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.settleHead(stream, .delivered)
        test.clock.advance(seconds: -step)
        await test.pass(Self.day)
        let events = try await test.append("1", "2", "3")
        for change in [Settlement.Change.delivered, .dead(.timeout)] { try await test.settleHead(stream, change) }
        await test.pass(7 * Self.day - 60)
        let early = try await sweep(test)
        #expect(early.removed == 1 && early.expired == 0)
        await test.pass(61)
        let due = try await sweep(test)
        #expect(due.removed == 2 && due.expired == 1)
        #expect(try await test.state(events[2]) == .dead)
    }

    @Test(arguments: EngineUnderTest.allCases, [8, 400] as [Int64])
    func `a clock that is put back by mistake and returns takes nothing with it`(
        engine: EngineUnderTest, days: Int64
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.append("1")
        let (dead, delivered) = (
            try await test.settleHead(stream, .dead(.timeout)), try await test.settleHead(stream, .delivered)
        )
        _ = try await sweep(test)
        test.clock.advance(seconds: -days * Self.day)
        #expect(try await sweep(test).removed == 0)
        test.clock.advance(seconds: days * Self.day)
        #expect(try await sweep(test, isBelieved: true).removed == 0)
        #expect(try await test.state(dead) == .dead)
        #expect(try await test.state(delivered) == .delivered)
        await test.pass(7 * Self.day + 1)
        #expect(try await sweep(test).removed == 2)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a clock that leaps weeks ahead clears nothing away until it is believed`(engine: EngineUnderTest) async throws
    {
        let test = try StoreUnderTest(engine)
        let dead = try await test.settleHead(try await test.install(), .dead(.timeout))
        _ = try await sweep(test)
        test.clock.advance(seconds: 400 * Self.day)
        let leap = try await sweep(test)
        #expect(leap.isHeldBack && leap.removed == 0)
        #expect(await clockFinding(test)?.status == .warn)
        test.clock.advance(seconds: -400 * Self.day)
        #expect(try await sweep(test).removed == 0)
        #expect(try await test.state(dead) == .dead)
        test.clock.advance(seconds: 400 * Self.day)
        #expect(try await sweep(test, isBelieved: true).removed == 1)
        #expect(try await !sweep(test).isHeldBack)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a clock that leaps weeks ahead gives no event up`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        _ = try await sweep(test)
        for _ in 1...3 {
            _ = try await test.leaseHead(stream, seconds: 1)
            await test.pass(1)
            _ = try await test.store.endHolds(at: test.now, limit: 10, schedule: RetrySchedule())
        }
        let held = try await test.leaseHead(stream, seconds: 1)
        test.clock.advance(seconds: 400 * Self.day)
        _ = try await test.store.endHolds(at: test.now, limit: 10, schedule: RetrySchedule())
        #expect(try await test.head(stream)?.waitsSince == test.now)
        #expect(try await test.state(held.event) == .pending)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a step of clearing away notices that the clock was put back`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        test.clock.advance(seconds: -Self.day)
        _ = try await sweep(test)
        let steps = try await test.engine.read { reads in try reads.clock().steps.all }
        #expect(steps.map(\.noticed) == [test.now])
    }
}
