import Installations
import SQLiteStore
import Store
import Synchronization
import TestSupport
import Testing

@testable import Webhooks

/// README, "Isolation": whatever a target does to some workspaces, the others of the same target get their events.
@Suite(.timeLimit(.minutes(2))) struct IsolationTests {
    private static let ills: [TestReceiver.Reply] = [
        .status(503), .trickledHead, .trickledBody(200), .silence, .hangUp,
    ]
    /// An exchange may take 15 s; the 2 s of the README are measured by `scripts/prove/isolation`, without other tests.
    private static let bound = Duration.seconds(8)
    private let delivery: TestDelivery

    init() throws { delivery = try TestDelivery() }

    @Test(arguments: [14, 130], 0..<5)
    func `a healthy workspace does not wait for those that are not`(count: Int, ill: Int) async throws {
        try await TestReceiver.serving({ delivery in
            delivery.workspace.hasPrefix("ill") ? Self.ills[ill] : .status(204)
        }) { receiver, url in
            let longest = try await longest(beside: count, receiver, url) {
                // As many as fill their part of the places, or show that nobody answers.
                let enough = ill == 4 ? 5 : min(count, 90)
                await receiver.wait { Set($0.map(\.workspace)).count > enough }
            }
            #expect(longest < Self.bound)
        }
    }

    @Test func `nor does it wait for those that were well before`() async throws {
        let isIll = Mutex(false)
        try await TestReceiver.serving({ delivery in
            isIll.withLock { $0 } && delivery.workspace.hasPrefix("ill") ? .silence : .status(204)
        }) { receiver, url in
            let longest = try await longest(beside: 130, receiver, url) {
                try await delivery.waitUntilSettled()
                isIll.withLock { $0 = true }
                for number in 1...130 {
                    try await delivery.append(["1"], to: try delivery.platform.id("ill\(number)", "inst-ill\(number)"))
                    // Its own events go on meanwhile: only so can it be told from those that were well as long.
                    guard number % 10 == 0 else { continue }
                    let event = try await delivery.append(["1"], to: try delivery.platform.id("well", "inst-well"))[0]
                    await receiver.wait(forOne: { $0.id == event.text })
                }
                await receiver.wait { $0.count { $0.type == "NEW_TIME_ENTRY" } >= 100 }
            }
            #expect(longest < Self.bound)
        }
    }

    @Test func `a status settles, though its body never ends`() async throws {
        try await TestReceiver.serving({ _ in .trickledBody(200) }) { receiver, url in
            var options = TestDelivery.Options()
            options.limits.answer = .seconds(600)
            let id = try await delivery.install("ws1")
            try await delivery.append(["1", "2"], to: id)
            try await delivery.running(to: url, options) { try await delivery.waitUntilSettled() }
            #expect(receiver.deliveries.count == 3)
            #expect(receiver.connections == 3, "the rest of the body goes with its connection")
        }
    }

    @Test func `a head that trickles is cut off when the whole exchange has had its time`() async throws {
        try await TestReceiver.serving({ _ in .trickledHead }) { _, url in
            var options = TestDelivery.Options()
            options.limits.answer = .milliseconds(300)
            _ = try await delivery.install("ws1")
            let event = try #require(
                try await delivery.test.store.events(matching: EventFilter(), page: PageRequest()).items.first?.id)
            try await delivery.running(to: url, options) {
                let detail = try await delivery.wait(for: event) { $0.summary.attempts >= 1 }
                #expect(detail.lastFailure == "no answer in time")
            }
        }
    }

    @Test func `whatever a target says to some workspaces, it can be reached`() async throws {
        try await TestReceiver.serving({ delivery in
            .status(delivery.workspace.hasPrefix("ill") ? 503 : 204)
        }) { receiver, url in
            for number in 1...14 { _ = try await delivery.install("ill\(number)") }
            var options = TestDelivery.Options()
            options.breaker.firstPause = .seconds(600)
            try await delivery.running(to: url, options) {
                await receiver.wait { Set($0.map(\.workspace)).count == 14 }
                _ = try await delivery.install("well")
                await receiver.wait(forOne: { $0.workspace == "well" })
            }
        }
    }

    /// The longest that an event of a healthy workspace took to arrive, beside `count` others that are ill by then.
    private func longest(
        beside count: Int, _ receiver: TestReceiver, _ url: String,
        _ waitUntilIll: @escaping @Sendable () async throws -> Void
    ) async throws -> Duration {
        let longest = Mutex(Duration.zero)
        try await delivery.running(to: url) {
            let well = try await delivery.install("well")
            await receiver.wait(forOne: { $0.workspace == "well" })
            for number in 1...count { _ = try await delivery.install("ill\(number)") }
            try await waitUntilIll()
            for _ in 1...20 {
                let start = ContinuousClock.now
                let event = try await delivery.append(["1"], to: well)[0]
                await receiver.wait(forOne: { $0.id == event.text })
                longest.withLock { $0 = max($0, .now - start) }
            }
        }
        return longest.withLock { $0 }
    }
}
