import Installations
import TestSupport
import Testing
import Webhooks

@testable import Store

/// What is kept of the attempts to deliver an event.
@Suite struct AttemptTests {
    private func attempt(_ test: StoreUnderTest, _ failure: DeliveryFailure?, number: Int64 = 0) -> Attempt {
        Attempt(
            at: test.now, target: "default", status: failure == nil ? 204 : 503, milliseconds: number,
            failure: failure?.text)
    }

    private func settle(
        _ test: StoreUnderTest, _ event: EventID, _ change: Settlement.Change, _ attempt: Attempt?
    ) async throws {
        let result = try await test.store.settle([
            Settlement(event: event, change: change, at: test.now, attempt: attempt)
        ])
        #expect(result.map(\.isApplied) == [true])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `attempts are kept as they were, and go with their event`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let event = try #require(try await test.head(stream)).id
        #expect(try await test.store.attempts(of: event) == [])
        let (failed, delivered) = (attempt(test, .status(503), number: 7), attempt(test, nil, number: 9))
        try await settle(test, event, .retry(at: test.now, .status(503)), failed)
        #expect(try await test.store.attempts(of: event) == [failed])
        try await settle(test, event, .delivered, delivered)
        #expect(try await test.store.attempts(of: event) == [failed, delivered])
        #expect(try await test.store.attempts(of: EventID(number: 1)) == nil)
        test.clock.advance(seconds: 8 * 86_400)
        let swept = try await test.store.sweep(
            at: test.now, retention: EventRetention(days: 7), limit: 100, isBelieved: true)
        #expect(swept.removed == 1)
        #expect(try await test.store.attempts(of: event) == nil)
        #expect(try await test.store.read { reads in try reads.attempts(of: event) } == [])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `of an event that was delivered at once the time is known and nothing is kept`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let event = try await test.settleHead(try await test.install(), .delivered)
        let only = Attempt(at: test.now, target: nil, status: nil, milliseconds: nil, failure: nil)
        #expect(try await test.store.attempts(of: event) == [only])
        #expect(try await test.store.read { reads in try reads.attempts(of: event) } == [])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `of many attempts the first twenty and the last twenty are kept`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let event = try #require(try await test.head(try await test.install())).id
        for number in 1...55 {
            try await settle(
                test, event, .retry(at: test.now, .timeout), attempt(test, .timeout, number: Int64(number)))
        }
        let kept = try #require(try await test.store.attempts(of: event)).compactMap(\.milliseconds)
        #expect(kept == Array(1...20) + Array(36...55))
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `what a worker gave back is an attempt that failed`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let held = try await test.leaseHead(try await test.install())
        #expect(try await test.settle(held, .retry(at: test.later(60), .givenBack)))
        let attempts = try #require(try await test.store.attempts(of: held.event))
        #expect(attempts.map(\.failure) == [DeliveryFailure.givenBack.text] && attempts.map(\.target) == [nil])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a lease that ran out is an attempt that failed, and the acknowledgement after it a delivery`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let late = try await test.leaseHead(stream)
        test.clock.advance(seconds: 61)
        try await test.endHolds()
        let held = try await test.leaseHead(stream)
        #expect(held.event == late.event)
        #expect(try await test.settle(held, .delivered))
        let attempts = try #require(try await test.store.attempts(of: held.event))
        #expect(attempts.map(\.failure) == [DeliveryFailure.leaseExpired.text, nil])
    }
}
