import Installations
import Marketplace
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import Store

/// What a verb asks of its engine does not grow with its batch: over a server each call is a round trip.
@Suite(.timeLimit(.minutes(5))) struct CallCountTests {
    /// As many as go into one transaction.
    private static let batch = 64

    /// What was asked of the engine for so many of something.
    private func calls(
        _ engine: EngineUnderTest, _ count: Int,
        prepare: (StoreUnderTest, InstallationNumber) async throws -> Void = { _, _ in },
        _ deed: (StoreUnderTest, [InstallationNumber]) async throws -> Void
    ) async throws -> [String: Int] {
        let test = try StoreUnderTest(engine)
        var streams: [InstallationNumber] = []
        for number in 1...count { streams.append(try await test.install("ws\(number)")) }
        for stream in streams { try await prepare(test, stream) }
        test.engine.resetCalls()
        try await deed(test, streams)
        let calls = test.engine.calls
        #expect(!calls.isEmpty)
        return calls
    }

    /// Asks once for one and once for many.
    private func compare(
        _ engine: EngineUnderTest, batch: Int = Self.batch,
        prepare: (StoreUnderTest, InstallationNumber) async throws -> Void = { _, _ in },
        _ deed: (StoreUnderTest, [InstallationNumber]) async throws -> Void,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let one = try await calls(engine, 1, prepare: prepare, deed)
        let many = try await calls(engine, batch, prepare: prepare, deed)
        #expect(one == many, sourceLocation: sourceLocation)
    }

    private func heads(_ test: StoreUnderTest, _ streams: [InstallationNumber]) async throws -> [WaitingEvent] {
        try await test.store.heads(of: streams, bytes: 64 << 20).compactMap { head in
            if case .event(let event) = head { event } else { nil }
        }
    }

    private func settlements(_ test: StoreUnderTest, _ streams: [InstallationNumber]) async throws -> [Settlement] {
        try await heads(test, streams).map { event in
            Settlement(event: event.id, change: .delivered, at: test.now)
        }
    }

    // MARK: Lifecycle calls

    @Test(arguments: EngineUnderTest.allCases)
    func `lifecycle calls that wait together`(engine: EngineUnderTest) async throws {
        func calls(
            _ count: Int, _ make: (StoreUnderTest, InstallationID) throws -> LifecycleChange
        ) async throws
            -> [String: Int]
        {
            let test = try StoreUnderTest(engine)
            let calls = try (1...count).map { number in
                let id = try test.id("ws\(number)")
                return test.platform.call(id, try make(test, id), at: test.now)
            }
            _ = try await test.performTogether(calls)
            return test.engine.calls
        }
        for make in [{ try $0.platform.install($1) }, { _, _ in .deleted }]
            as [(StoreUnderTest, InstallationID) throws -> LifecycleChange]
        {
            let many = try await calls(Self.batch, make)
            #expect(try await calls(1, make) == many)
        }
    }

    // MARK: Events

    @Test(arguments: EngineUnderTest.allCases)
    func `appending`(engine: EngineUnderTest) async throws {
        try await compare(engine) { (test, streams) async throws in
            var events: [InboxEvent] = []
            for number in 1...streams.count { events.append(try await test.event(for: "ws\(number)")) }
            test.engine.resetCalls()
            #expect(try await test.append(events).count == streams.count)
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `settling`(engine: EngineUnderTest) async throws {
        try await compare(engine) { (test, streams) async throws in
            let settlements = try await settlements(test, streams)
            test.engine.resetCalls()
            #expect(try await test.store.settle(settlements).allSatisfy(\.isApplied))
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `settling what was leased, and what is not there`(engine: EngineUnderTest) async throws {
        try await compare(engine) { (test, streams) async throws in
            let lease = LeaseID.random()
            let leased = try await test.store.lease(
                try await heads(test, streams), as: lease, from: test.now, until: test.later(60))
            let missing = (1...streams.count).map { EventID(number: Int64($0)) }
            let settlements = (leased.map(\.id) + missing).map { event in
                Settlement(event: event, change: .delivered, lease: lease, at: test.now)
            }
            test.engine.resetCalls()
            #expect(try await test.store.settle(settlements).count(where: \.isApplied) == streams.count)
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `leasing`(engine: EngineUnderTest) async throws {
        try await compare(engine) { (test, streams) async throws in
            let events = try await heads(test, streams)
            test.engine.resetCalls()
            let leased = try await test.store.lease(events, as: .random(), from: test.now, until: test.later(60))
            #expect(leased.count == streams.count)
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `the end of holds, and holds that are too long`(engine: EngineUnderTest) async throws {
        try await compare(engine) { test, stream in
            try await test.settleHead(stream, .retry(at: test.later(60), .timeout))
        } _: { (test, streams) async throws in
            test.clock.advance(seconds: -3600)
            #expect(try await test.endHolds(limit: 1000).streams.isEmpty)
            test.clock.advance(seconds: 61)
            #expect(try await test.endHolds(limit: 1000).streams.count == streams.count)
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `replaying dead letters`(engine: EngineUnderTest) async throws {
        try await compare(engine) { test, stream in
            try await test.settleHead(stream, .dead(.timeout))
        } _: { (test, streams) async throws in
            let batch = try await test.store.replayDead(
                DeadFilter(), after: nil, limit: 1000, actor: .system, at: test.now)
            #expect(batch.replayed == streams.count)
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `clearing away`(engine: EngineUnderTest) async throws {
        try await compare(engine) { test, stream in
            try await test.append("1", to: "ws\(stream)")
            try await test.settleHead(stream, .dead(.timeout))
            try await test.settleHead(stream, .delivered)
            try await test.append("2", to: "ws\(stream)")
            _ = try await test.updateSettings([1], "ws\(stream)")
            try await test.uninstall("ws\(stream)")
        } _: { (test, streams) async throws in
            test.clock.advance(seconds: 7 * 86_400 + 1)
            let swept = try await test.store.sweep(
                at: test.now, retention: EventRetention(days: 7), limit: 1000, isBelieved: true)
            #expect(swept.removed == 2 * streams.count && swept.expired == 3 * streams.count)
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `streams that are ready, and their heads`(engine: EngineUnderTest) async throws {
        try await compare(engine) { (test, streams) async throws in
            #expect(try await test.store.ready(streams).count == streams.count)
            #expect(try await test.store.readyStreams(after: 0, limit: 1000).streams.count == streams.count)
            #expect(try await heads(test, streams).count == streams.count)
        }
    }

    // MARK: Lists

    @Test(arguments: EngineUnderTest.allCases)
    func `lists`(engine: EngineUnderTest) async throws {
        try await compare(engine) { (test, streams) async throws in
            let page = PageRequest(limit: 100)
            let count = streams.count
            #expect(try await test.store.installations(matching: InstallationFilter(), page: page).items.count == count)
            #expect(try await test.store.events(matching: EventFilter(), page: page).items.count == count)
            #expect(try await test.store.auditRecords(since: nil, of: nil, page: page).items.count == count + 1)
            _ = try await test.store.sample()
            _ = await test.store.findings(at: test.now)
        }
    }

    // MARK: Keys

    @Test(arguments: EngineUnderTest.allCases)
    func `rewrapping`(engine: EngineUnderTest) async throws {
        // More of them give way in between.
        try await compare(engine, batch: Store.leastSwaps) { (test, streams) async throws in
            let (old, _) = try await test.promoteNew()
            test.engine.resetCalls()
            let batch = try await test.store.rewrap(from: old, in: NumberRange(), limit: 1000, at: test.now)
            #expect(batch.rewrapped == streams.count)
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `re-encrypting`(engine: EngineUnderTest) async throws {
        // More of them give way in between.
        try await compare(engine, batch: Store.leastSwaps) { (test, streams) async throws in
            let (old, _) = try await test.promoteNew()
            test.engine.resetCalls()
            let batch = try await test.store.reencrypt(from: old, in: NumberRange(), limit: 1000, at: test.now)
            #expect(batch.rewrapped == streams.count)
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `sealing events anew`(engine: EngineUnderTest) async throws {
        func calls(_ count: Int) async throws -> [String: Int] {
            let test = try StoreUnderTest(engine)
            try await test.install()
            for _ in 0..<(16 + count) { try await test.append("1") }
            let (old, _) = try await test.promoteNew()
            _ = try await test.store.reencrypt(from: old, in: NumberRange(), limit: 10, at: test.now)
            test.engine.resetCalls()
            #expect(try await test.store.reseal(in: NumberRange(), at: test.now)?.resealed == count + 1)
            return test.engine.calls
        }
        #expect(try await calls(1) == calls(Self.batch))
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `verifying keys`(engine: EngineUnderTest) async throws {
        try await compare(engine) { (test, streams) async throws in
            let batch = try await test.store.verify(.keys, in: NumberRange(), limit: 1000, at: test.now)
            #expect(batch.installations == streams.count && batch.damaged.isEmpty)
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `verifying every value`(engine: EngineUnderTest) async throws {
        try await compare(engine) { (test, streams) async throws in
            let batch = try await test.store.verify(.values, in: NumberRange(), limit: 1000, at: test.now)
            #expect(batch.installations == streams.count && batch.damaged.isEmpty)
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `the walk over rows of authority`(engine: EngineUnderTest) async throws {
        try await compare(engine) { (test, _) async throws in #expect(try await test.isIntact()) }
    }
}
