import Installations
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore
@testable import Store

/// A clock that was ahead is put right, or one that was right is put back by mistake.
@Suite struct ClockStepsTests {
    private let fixture: DeliveryFixture
    private var store: Store { fixture.store }
    private var engine: SQLiteStore { fixture.engine }
    private var now: Timestamp { fixture.clock.now }

    init() throws { fixture = try DeliveryFixture() }

    private static let steps: [Int64] = [3_600, 86_400, 400 * 86_400]
    private static let day: Int64 = 86_400

    /// Time goes by, and the clock with it.
    private func pass(_ seconds: Int64) async {
        await store.noteClock(at: now, uptime: .now)
        fixture.clock.advance(seconds: seconds)
        await store.noteClock(at: now, uptime: .now + .seconds(seconds))
    }

    private func sweep(isBelieved: Bool = false) async throws -> SweepResult {
        try await store.sweep(at: now, retention: EventRetention(days: 7), limit: 100, isBelieved: isBelieved)
    }

    // MARK: Retention

    @Test(arguments: Self.steps)
    func `what a clock that was ahead has dated is kept as long as it may be from when it was put right`(
        step: Int64
    ) async throws {
        let stream = try await fixture.install()
        let waiting = try await fixture.append("1", "2", "3")[2]
        let delivered = try await fixture.settleHead(stream, .delivered)
        let dead = try await fixture.settleHead(stream, .dead(.timeout))
        let replayed = try await fixture.settleHead(stream, .dead(.timeout))
        _ = try await store.replay(replayed, actor: .system, at: now)
        fixture.clock.advance(seconds: -step)
        #expect(try await sweep().removed == 0)
        await pass(7 * Self.day - 60)
        let early = try await sweep()
        #expect(early.removed == 0 && early.expired == 0)
        await pass(61)
        let due = try await sweep()
        #expect(due.removed == 2 && due.expired == 2)
        #expect(try await fixture.state(delivered) == nil)
        #expect(try await fixture.state(dead) == nil)
        for event in [waiting, replayed] { #expect(try await fixture.state(event) == .dead) }
        await pass(7 * Self.day - 60)
        #expect(try await sweep().removed == 0)
        await pass(61)
        #expect(try await sweep().removed == 2)
    }

    @Test(arguments: Self.steps)
    func `what comes after the clock was put right is kept by its date, though ids are ahead`(step: Int64) async throws
    {
        let stream = try await fixture.install()
        try await fixture.settleHead(stream, .delivered)
        fixture.clock.advance(seconds: -step)
        await pass(Self.day)
        let events = try await fixture.append("1", "2", "3")
        for change in [Settlement.Change.delivered, .dead(.timeout)] { try await fixture.settleHead(stream, change) }
        await pass(7 * Self.day - 60)
        let early = try await sweep()
        #expect(early.removed == 1 && early.expired == 0)
        await pass(61)
        let due = try await sweep()
        #expect(due.removed == 2 && due.expired == 1)
        #expect(try await fixture.state(events[2]) == .dead)
    }

    @Test(arguments: [8, 400] as [Int64])
    func `a clock that is put back by mistake and returns takes nothing with it`(days: Int64) async throws {
        let stream = try await fixture.install()
        try await fixture.append("1")
        let (dead, delivered) = (
            try await fixture.settleHead(stream, .dead(.timeout)), try await fixture.settleHead(stream, .delivered)
        )
        _ = try await sweep()
        fixture.clock.advance(seconds: -days * Self.day)
        #expect(try await sweep().removed == 0)
        fixture.clock.advance(seconds: days * Self.day)
        #expect(try await sweep(isBelieved: true).removed == 0)
        #expect(try await fixture.state(dead) == .dead)
        #expect(try await fixture.state(delivered) == .delivered)
        await pass(7 * Self.day + 1)
        #expect(try await sweep().removed == 2)
    }

    @Test func `a clock that leaps weeks ahead clears nothing away until it is believed`() async throws {
        let dead = try await fixture.settleHead(try await fixture.install(), .dead(.timeout))
        _ = try await sweep()
        fixture.clock.advance(seconds: 400 * Self.day)
        let leap = try await sweep()
        #expect(leap.isHeldBack && leap.removed == 0)
        #expect(await clock().status == .warn)
        fixture.clock.advance(seconds: -400 * Self.day)
        #expect(try await sweep().removed == 0)
        #expect(try await fixture.state(dead) == .dead)
        fixture.clock.advance(seconds: 400 * Self.day)
        #expect(try await sweep(isBelieved: true).removed == 1)
        #expect(try await !sweep().isHeldBack)
    }

    @Test func `a clock that leaps weeks ahead gives no event up`() async throws {
        let stream = try await fixture.install()
        _ = try await sweep()
        for _ in 1...3 {
            _ = try await fixture.leaseHead(stream, seconds: 1)
            await pass(1)
            _ = try await store.endHolds(at: now, limit: 10, schedule: RetrySchedule())
        }
        let held = try await fixture.leaseHead(stream, seconds: 1)
        fixture.clock.advance(seconds: 400 * Self.day)
        _ = try await store.endHolds(at: now, limit: 10, schedule: RetrySchedule())
        #expect(try await fixture.head(stream)?.waitsSince == now)
        #expect(try await fixture.state(held.event) == .pending)
    }

    // MARK: Other waits

    @Test(arguments: Self.steps)
    func `the patience of delivery counts from when the clock was put right`(step: Int64) async throws {
        let stream = try await fixture.install()
        try await fixture.append("1")
        let replayed = try await fixture.settleHead(stream, .dead(.timeout))
        _ = try await store.replay(replayed, actor: .system, at: now)
        fixture.clock.advance(seconds: -step)
        let corrected = now
        await pass(1)
        #expect(try await fixture.head(stream)?.waitsSince == corrected)
        #expect(try await store.eventDetail(replayed)?.waitsSince == corrected)
        // By leases that run out, which the store judges by itself.
        for _ in 1...3 {
            _ = try await fixture.leaseHead(stream, seconds: Self.day)
            await pass(Self.day)
            _ = try await store.endHolds(at: now, limit: 10, schedule: RetrySchedule())
        }
        #expect(try await fixture.state(replayed) == .dead)
        #expect(try await fixture.head(stream)?.waitsSince == corrected, "the next one has no days of its own")
        _ = try await store.replay(replayed, actor: .system, at: now)
        #expect(try await store.eventDetail(replayed)?.waitsSince == now, "replayed since, so its date is right")
    }

    @Test(arguments: Self.steps)
    func `the grace of a retired storage key counts from when the clock was put right`(step: Int64) async throws {
        let key = StorageKey.random()
        try await store.addStorageKey(key, actor: .system, at: now)
        func take(_ step: StorageKeyStep) async throws -> Result<StorageKeyRecord, StorageKeyRefusal> {
            try await store.advance(key.id, by: step, immediately: false, actor: .system, at: now)
        }
        _ = try await take(.retire).get()
        await store.noteClock(at: now)
        fixture.clock.advance(seconds: -step)
        await pass(7 * Self.day - 1)
        let until = Timestamp(milliseconds: now.milliseconds + 1000)
        let early = try await take(.destroy)
        #expect(throws: StorageKeyRefusal.tooEarly(until: until)) { try early.get() }
        await pass(1)
        #expect(try await take(.destroy).get().state == .destroyed)
    }

    @Test(arguments: Self.steps)
    func `an API key that ends lives as long as it was meant to, from when the clock was put right`(
        step: Int64
    ) async throws {
        let grant = APIKeyGrant(scopes: [.read], expiresAt: fixture.later(7200))
        let (_, secret) = try await store.createAPIKey(name: "worker", grant, actor: .system, at: now)
        await store.noteClock(at: now)
        fixture.clock.advance(seconds: -step)
        await pass(7199)
        #expect(try await store.apiKey(presenting: secret, from: "::1", at: now) != nil)
        await pass(1)
        #expect(try await store.apiKey(presenting: secret, from: "::1", at: now) == nil)
        let later = APIKeyGrant(scopes: [.read], expiresAt: fixture.later(7200))
        let (_, other) = try await store.createAPIKey(name: "other", later, actor: .system, at: now)
        await pass(7199)
        #expect(try await store.apiKey(presenting: other, from: "::1", at: now) != nil)
    }

    // MARK: Told

    @Test(arguments: Self.steps)
    func `the oldest waiting event waits since the clock was put right`(step: Int64) async throws {
        try await fixture.install()
        fixture.clock.advance(seconds: -step)
        await store.noteClock(at: now)
        #expect(try await store.sample().oldestWaiting == now)
    }

    private func clock() async -> (status: Finding.Status?, message: String) {
        let finding = await store.findings(at: now).first { $0.name == "clock" }
        return (finding?.status, finding?.message ?? "")
    }

    @Test(arguments: Self.steps)
    func `doctor says that the clock was put back while anything may wait longer for it`(step: Int64) async throws {
        let stream = try await fixture.install("ws1")
        await store.noteClock(at: now)
        #expect(await clock().status == .ok)
        fixture.clock.advance(seconds: -step)
        #expect(await clock().status == .fail, "not noticed yet")
        await store.noteClock(at: now)
        let told = await clock()
        #expect(
            told.status == .warn && told.message.contains("it was put back from") && told.message.contains(now.rfc3339))
        try await fixture.install("ws2")
        try await fixture.settleHead(stream, .delivered)
        #expect(await clock().status == .warn, "what comes then does not silence it")
        await pass(7 * Self.day - 1)
        #expect(await clock().status == .warn)
        await pass(2)
        #expect(await clock().status == .ok)
    }

    @Test func `a step of less than a minute is none`() async throws {
        try await fixture.install()
        await store.noteClock(at: now)
        fixture.clock.advance(seconds: -59)
        await store.noteClock(at: now)
        #expect(try await fixture.value("SELECT count(*) FROM clock_step", as: Int.self) == 0)
    }

    @Test func `a clock that goes to and fro does not fill the store, nor keep what it dated`() async throws {
        let stream = try await fixture.install()
        try await fixture.append("1")
        try await fixture.settleHead(stream, .delivered)
        fixture.clock.advance(seconds: -86_400)
        for _ in 1...1010 {
            await store.noteClock(at: fixture.later(3600))
            await store.noteClock(at: now)
        }
        #expect(try await fixture.value("SELECT count(*) FROM clock_step", as: Int.self) == 1000)
        await pass(7 * Self.day + 1)
        #expect(try await sweep().removed == 1)
    }
}
