import Installations
import PostgresSupport
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

@testable import PostgresStore

/// A stream is delivered by one process at a time, and by another when that is gone.
@Suite(.enabled(if: TestDatabase.isAvailable)) struct StreamClaimTests {
    private let stream: InstallationNumber = 1

    @Test func `a stream is pushed by one process, until that has nothing more of it`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        #expect(try await test.append([test.event(for: "ws1")]) == [.appended])
        let (one, other) = try await test.two()

        let first = try #require(try await one.take(stream))
        #expect(try await other.take(stream) == nil)
        #expect(try await one.settle(first)?.hasMore == true)
        #expect(try await other.take(stream) == nil)
        let second = try #require(try await one.take(stream))
        #expect(first.id < second.id)
        #expect(try await one.settle(second)?.hasMore == false)

        #expect(try await test.append([test.event(for: "ws1")]) == [.appended])
        #expect(try await other.take(stream) != nil)
        #expect(try await one.take(stream) == nil)
    }

    @Test func `a stream that waits for a retry is anybody's afterwards`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        let (one, other) = try await test.two()
        let event = try #require(try await one.take(stream))
        let later = Timestamp(milliseconds: Timestamp.now().milliseconds + 5_000)
        #expect(try await one.settle(event, .retry(at: later, .timeout))?.isApplied == true)
        #expect(try await other.take(stream) == nil)
        let end = Timestamp(milliseconds: later.milliseconds + 1)
        let ended = try await other.store.endHolds(at: end, limit: 10, schedule: RetrySchedule())
        #expect(ended.streams.map(\.installation) == [stream])
        #expect(try await other.take(stream)?.id == event.id)
    }

    @Test func `the streams of one that is silent are taken over, and it settles nothing of them`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        let (one, other) = try await test.two()
        let event = try #require(try await one.take(stream))

        try test.silence(one, for: InstanceLife.claims - 2_000)
        #expect(try await other.take(stream) == nil)
        try test.silence(one, for: InstanceLife.claims + 1_000)
        #expect(try await other.take(stream)?.id == event.id)

        #expect(try await one.settle(event)?.isApplied == false)
        #expect(try await test.store.event(event.id)?.state == .pending)
        #expect(try await other.settle(event)?.isApplied == true)
    }

    @Test func `whoever is gone is found out, and all streams are looked for`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        let (one, other) = try await test.two()
        _ = try await one.take(stream)
        #expect(try await other.store.readyStreams(after: 0, limit: 10).streams.isEmpty)
        _ = other.store.called.drain()
        try test.silence(one, for: InstanceLife.claims + 1_000)
        try await other.serve(as: "other")
        #expect(other.store.called.drain().isShort)
        #expect(try await other.store.readyStreams(after: 0, limit: 10).streams.map(\.installation) == [stream])
    }

    @Test func `whoever leaves leaves its streams at once`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        let (one, other) = try await test.two()
        #expect(try await one.take(stream) != nil)
        await one.store.leave()
        #expect(try await other.take(stream) != nil)
    }

    @Test func `an event that comes where its stream is not pushed is told to all`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        let (one, other) = try await test.two()
        let heard = try await one.store.exchangeCalls(after: nil)
        #expect(try await one.take(stream) != nil)
        #expect(try await other.take(stream) == nil)
        _ = try await other.store.exchangeCalls(after: nil)
        _ = try await one.store.exchangeCalls(after: heard)
        #expect(one.store.called.drain().streams == [stream])
        #expect(other.store.called.drain().streams.isEmpty)
    }

    @Test func `what cannot be opened here ends no lease that was given elsewhere`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        let (one, other) = (try test.beside(), try test.beside())
        guard case .event(let event)? = try await one.store.heads(of: [stream], bytes: 1 << 20).first else {
            Issue.record("it waits")
            return
        }
        let (lease, now) = (LeaseID.random(), Timestamp.now())
        let until = Timestamp(milliseconds: now.milliseconds + 60_000)
        #expect(try await other.store.lease([event], as: lease, from: now, until: until).count == 1)
        _ = try await one.store.settle([Settlement(event: event.id, change: .postponed(until: until), at: now)])
        let acknowledged = try await other.store.settle([
            Settlement(event: event.id, change: .delivered, lease: lease, at: now)
        ])
        #expect(acknowledged.map(\.isApplied) == [true])
    }

    @Test func `what was committed and nobody was told is looked for`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        let event = try await test.event(for: "ws1")
        _ = test.store.called.drain()
        // A warning beside the answer is how the server tells that it may be lost with it.
        let warning = try AtCommit("RAISE WARNING 'not replicated';", in: test.database)
        defer { withExtendedLifetime(warning) {} }
        await #expect(throws: StoreError.self) { _ = try await test.append([event]) }
        #expect(test.store.called.drain().isShort)
    }
}
