import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

/// How long events stay, and with them the keys of ended installations.
@Suite struct RetentionTests {
    /// A step of clearing away, some days later.
    @discardableResult
    private func sweep(_ test: StoreUnderTest, afterDays days: Int64 = 0) async throws -> SweepResult {
        test.clock.advance(seconds: days * 86_400)
        return try await test.store.sweep(at: test.now, retention: EventRetention(days: 7), limit: 100)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a delivered event's row stays for its days and then goes`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let event = try await test.settleHead(try await test.install(), .delivered)
        #expect(try await sweep(test, afterDays: 6).removed == 0)
        #expect(try await test.state(event) == .delivered)
        test.clock.advance(seconds: 1)
        #expect(try await sweep(test, afterDays: 1).removed == 1)
        #expect(try await test.state(event) == nil)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a dead letter stays as long after its death`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        test.clock.advance(seconds: 3 * 86_400)
        let event = try await test.settleHead(stream, .dead(.timeout))
        #expect(try await sweep(test, afterDays: 6).removed == 0)
        #expect(try await test.state(event) == .dead)
        test.clock.advance(seconds: 1)
        #expect(try await sweep(test, afterDays: 1).removed == 1)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an event that nobody takes becomes a dead letter, and what follows it as well in its time`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.settleHead(stream, .retry(at: test.later(60), .timeout))
        let first = try #require(
            try await test.store.events(matching: EventFilter(), page: PageRequest()).items.first)
        test.clock.advance(seconds: 86_400)
        try await test.append("1")
        test.clock.advance(seconds: 6 * 86_400 + 1)
        _ = test.store.arrivals.drain()
        #expect(try await sweep(test).expired == 1)
        #expect(test.store.arrivals.drain().streams == [stream])
        #expect(try await test.state(first.id) == .dead)
        #expect(try await test.store.eventDetail(first.id)?.lastFailure == "nobody took it")
        #expect(try await test.head(stream)?.body == Array("1".utf8), "its hold went with it")
        #expect(test.store.waitingEvents == 1)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a replayed event has its days anew`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let event = try await test.settleHead(stream, .dead(.timeout))
        test.clock.advance(seconds: 6 * 86_400)
        _ = try await test.store.replay(event, actor: .system, at: test.now)
        #expect(try await sweep(test, afterDays: 6).expired == 0)
        test.clock.advance(seconds: 1)
        #expect(try await sweep(test, afterDays: 1).expired == 1)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a sweep is bounded and says that there is more`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.append("1", "2", "3", "4")
        for _ in 1...5 { try await test.settleHead(stream, .delivered) }
        test.clock.advance(seconds: 8 * 86_400)
        var removed: [Int] = []
        while true {
            let step = try await test.store.sweep(
                at: test.now, retention: EventRetention(days: 7), limit: 2)
            removed.append(step.removed)
            guard step.hasMore else { break }
        }
        #expect(removed == [2, 2, 1])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an ended installation's key lives until its last event is delivered, and no longer`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.append("1")
        try await test.uninstall()
        try await test.settleHead(stream, .delivered)
        try await test.settleHead(stream, .delivered)
        #expect(try await test.hasKey())
        try await test.settleHead(stream, .delivered)
        #expect(try await test.hasKey() == false)
        let id = try test.platform.id("ws1", "inst-ws1")
        #expect(try await test.store.installation(id)?.storageKey == nil)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a dead letter keeps the key until it is cleared away`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let dead = try await test.settleHead(stream, .dead(.status(400)))
        try await test.uninstall()
        try await test.settleHead(stream, .delivered)
        #expect(try await test.hasKey())
        #expect(try await test.store.eventBody(dead, actor: .system, at: test.now) != nil)
        test.clock.advance(seconds: 1)
        #expect(try await sweep(test, afterDays: 7).destroyedKeys == 1)
        #expect(try await test.hasKey() == false)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `clearing away a dead letter leaves the key to what still waits`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.settleHead(stream, .dead(.status(400)))
        test.clock.advance(seconds: 86_400)
        try await test.uninstall()
        test.clock.advance(seconds: 1)
        let cleared = try await sweep(test, afterDays: 6)
        #expect(cleared.removed == 1 && cleared.destroyedKeys == 0)
        #expect(try await test.hasKey())
        try await test.settleHead(stream, .delivered)
        #expect(try await test.hasKey() == false)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a live installation keeps its key when nothing waits`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.settleHead(stream, .delivered)
        #expect(try await test.hasKey())
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `dead letters are cleared away in bounded steps too, and what is over already goes first`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.append("1", "2", "3", "4", "5")
        for _ in 1...3 { try await test.settleHead(stream, .dead(.timeout)) }
        for _ in 1...2 { try await test.settleHead(stream, .delivered) }
        test.clock.advance(seconds: 8 * 86_400)
        var steps: [[Int]] = []
        while true {
            let step = try await test.store.sweep(at: test.now, retention: EventRetention(days: 7), limit: 2)
            steps.append([step.removed, step.expired])
            guard step.hasMore else { break }
        }
        #expect(steps == [[4, 0], [1, 1]])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a step that clears away as many dead letters as it may says that there is more`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.append("1", "2")
        for _ in 1...3 { try await test.settleHead(stream, .dead(.timeout)) }
        test.clock.advance(seconds: 8 * 86_400)
        func sweep() async throws -> SweepResult {
            try await test.store.sweep(at: test.now, retention: EventRetention(days: 7), limit: 2)
        }
        let (first, second) = (try await sweep(), try await sweep())
        #expect(first.removed == 2 && first.hasMore)
        #expect(second.removed == 1 && !second.hasMore)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a dead letter that is the last of its stream keeps the key too`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.settleHead(stream, .delivered)
        try await test.uninstall()
        let end = try await test.settleHead(stream, .dead(.status(400)))
        #expect(try await test.hasKey())
        #expect(try await test.body(end) != nil)
    }
}
