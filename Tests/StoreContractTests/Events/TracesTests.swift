import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

/// What is erased leaves what an engine keeps beside the rows as well.
@Suite struct TracesTests {
    /// How often the engine was asked while something was done.
    private func erasures(_ test: StoreUnderTest, _ deed: () async throws -> Void) async throws -> Int {
        let before = test.engine.erasures
        try await deed()
        return test.engine.erasures - before
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `tokens that a lifecycle call takes away`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        #expect(try await erasures(test) { try await test.install() } == 0)
        #expect(try await erasures(test) { try await test.install(tokens: "second") } == 1)
        #expect(
            try await erasures(test) { try await test.perform(test.id(), .statusChanged("INACTIVE")) } == 0)
        #expect(try await erasures(test) { try await test.uninstall() } == 1)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a key that goes with the last event, and not other bodies at once`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.uninstall()
        #expect(try await erasures(test) { try await test.settleHead(stream, .delivered) } == 0)
        #expect(try await erasures(test) { try await test.settleHead(stream, .delivered) } == 1)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `bodies that went, once a round of clearing away`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        func sweep() async throws {
            _ = try await test.store.sweep(at: test.now, retention: EventRetention(days: 7), limit: 100)
        }
        #expect(try await erasures(test, sweep) == 0)
        try await test.settleHead(stream, .delivered)
        #expect(try await erasures(test, sweep) == 1)
        #expect(try await erasures(test, sweep) == 0)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `settings that are erased, and the key of a dead letter that was the last`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.settleHead(stream, .delivered)
        _ = try await test.updateSettings([1])
        try await test.settleHead(stream, .dead(.timeout))
        try await test.uninstall()
        try await test.settleHead(stream, .delivered)
        func sweep(_ days: Int) async throws {
            _ = try await test.store.sweep(
                at: test.now, retention: EventRetention(days: days), limit: 100, isBelieved: true)
        }
        try await sweep(100)
        test.clock.advance(seconds: 7 * 86_400 + 1)
        #expect(try await erasures(test) { try await sweep(100) } == 1)
        #expect(try await erasures(test) { try await sweep(100) } == 0)
        #expect(try await erasures(test) { try await sweep(7) } == 1)
        #expect(try await !test.hasKey())
    }
}
