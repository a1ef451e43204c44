import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

/// Settings that nobody took before their installation ended.
@Suite struct SettingsTests {
    /// Everything else is kept for longer than any test lasts.
    private let retention = EventRetention(days: 100)
    private let settings = Array(#"{"settings":[{"id":"key","value":"hidden"}]}"#.utf8)

    @discardableResult
    private func sweep(
        _ test: StoreUnderTest, afterDays days: Int64 = 0, limit: Int = 100
    ) async throws -> SweepResult {
        test.clock.advance(seconds: days * 86_400)
        return try await test.store.sweep(at: test.now, retention: retention, limit: limit, isBelieved: true)
    }

    /// Where an event may stand that nobody took.
    enum Place: CaseIterable { case waiting, held, leased, dead, replayed }

    private func put(_ test: StoreUnderTest, _ stream: InstallationNumber, in place: Place) async throws {
        switch place {
        case .waiting: break
        case .held: try await test.settleHead(stream, .retry(at: test.later(80_000), .timeout))
        case .leased: _ = try await test.leaseHead(stream, seconds: 3600)
        case .dead: try await test.settleHead(stream, .dead(.status(400)))
        case .replayed:
            let event = try await test.settleHead(stream, .dead(.status(400)))
            #expect(try await test.replay(event) == .replayed)
        }
    }

    @Test(arguments: EngineUnderTest.allCases, Place.allCases)
    func `seven days after the end settings that nobody took are gone, and all else is told`(
        engine: EngineUnderTest, _ place: Place
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.settleHead(stream, .delivered)
        let event = try await test.updateSettings(settings)
        try await test.append("1")
        try await test.uninstall()
        try await sweep(test, afterDays: 7)
        // However it stands then: on its way for the last time, or replayed by somebody.
        try await put(test, stream, in: place)
        #expect(try await test.body(event) == settings)

        test.clock.advance(seconds: 1)
        try await sweep(test)
        #expect(try await test.body(event) == nil)
        #expect(try await test.state(event) == .dead)
        let detail = try #require(try await test.store.eventDetail(event))
        #expect(detail.lastFailure?.contains(place == .dead ? "HTTP 400" : "settings are erased") == true)
        #expect(try await test.head(stream)?.body == Array("1".utf8))
        try await test.settleHead(stream, .delivered)
        #expect(try await test.head(stream)?.type == "addon.deleted")
        try await test.settleHead(stream, .delivered)
        #expect(test.store.kept.bytes == 0 && test.store.kept.events == 1 && test.store.waitingEvents == 0)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `what is erased is not replayed, and is no body that does not open`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let event = try await test.updateSettings(settings)
        try await test.uninstall()
        try await sweep(test, afterDays: 8)
        #expect(try await test.store.replay(event, actor: .system, at: test.now) == .erased)
        let batch = try await test.store.replayDead(
            DeadFilter(), after: nil, limit: 10, actor: .system, at: test.now)
        #expect(batch.replayed == 0 && batch.closed == 1)
        #expect(try await test.state(event) == .dead)
        let damaged = await test.store.findings(at: test.now).filter { $0.name == "sealed values" }
        #expect(damaged.map(\.status) == [.ok])
        // It goes as every dead letter does, and the key with it.
        for _ in 1...2 { try await test.settleHead(stream, .delivered) }
        try await sweep(test, afterDays: 100)
        test.clock.advance(seconds: 1)
        #expect(try await sweep(test).destroyedKeys == 1)
        #expect(try await test.state(event) == nil)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `settings of an installation that lives stay, and those of one that was replaced go`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let (old, live) = (try await test.install("ws1"), try await test.install("ws2"))
        let events = [try await test.updateSettings(settings, "ws1"), try await test.updateSettings(settings, "ws2")]
        let successor = try test.platform.id("ws1", "successor")
        _ = try await test.store.perform(
            test.platform.call(successor, try test.platform.install(successor), at: test.now))
        try await sweep(test, afterDays: 8)
        #expect(try await test.body(events[0]) == nil)
        #expect(try await test.body(events[1]) == settings)
        try await test.settleHead(old, .delivered)
        #expect(try await test.head(old)?.type == "addon.superseded")
        #expect(try await test.head(live)?.type == "addon.installed")
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `settings that are cleared away and due at once are counted no more`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.settleHead(stream, .delivered)
        let event = try await test.updateSettings(settings)
        try await test.settleHead(stream, .dead(.status(400)))
        try await test.uninstall()
        try await test.settleHead(stream, .delivered)
        test.clock.advance(seconds: 7 * 86_400 + 1)
        let swept = try await test.store.sweep(
            at: test.now, retention: EventRetention(days: 7), limit: 100, isBelieved: true)
        #expect(swept.removed == 3 && swept.destroyedKeys == 1)
        #expect(try await test.state(event) == nil)
        #expect(test.store.kept == KeptEvents() && test.store.kept(of: stream) == KeptEvents())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `settings that nobody took in time and that are due at once are given up once`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.settleHead(stream, .delivered)
        let event = try await test.updateSettings(settings)
        try await test.uninstall()
        test.clock.advance(seconds: 7 * 86_400 + 1)
        let swept = try await test.store.sweep(
            at: test.now, retention: EventRetention(days: 7), limit: 100, isBelieved: true)
        #expect(swept.expired == 2)
        #expect(try await test.state(event) == .dead)
        #expect(try await test.body(event) == nil)
        #expect(try await test.store.eventDetail(event)?.lastFailure == DeliveryFailure.expired.text)
        #expect(test.store.kept.events == 2 && test.store.waitingEvents == 0)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a step is bounded, says that there is more, and goes on where it was`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        _ = try await test.install()
        var events: [EventID] = []
        for _ in 1...5 {
            events.append(try await test.updateSettings(settings))
            try await test.append("1")
        }
        try await test.uninstall()
        test.clock.advance(seconds: 8 * 86_400)
        var left: [Int] = []
        repeat {
            let hasMore = try await sweep(test, limit: 3).hasMore
            var bodies = 0
            for event in events where try await test.body(event) != nil { bodies += 1 }
            left.append(bodies)
            guard hasMore else { break }
        } while left.count < 100
        #expect(left == [4, 2, 1, 0, 0])
    }
}
