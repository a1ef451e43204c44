import Installations
import NIOHTTP1
import SQLiteStore
import Store
import Synchronization
import TestSupport
import Testing

@testable import Webhooks

/// What a target cannot do to us, over real TLS and HTTP.
@Suite(.timeLimit(.minutes(2))) struct PushTargetTests {
    private let delivery: TestDelivery

    init() throws { delivery = try TestDelivery() }

    /// The event of an install.
    private func event() async throws -> EventID {
        _ = try await delivery.install("ws1")
        return try #require(
            try await delivery.test.store.events(matching: EventFilter(), page: PageRequest()).items.first?.id)
    }

    @Test func `an answer that does not end is cut off, and its status counts`() async throws {
        try await TestReceiver.serving({ _ in .endless(200, body: String(repeating: "x", count: 1025)) }) {
            receiver, url in
            var options = TestDelivery.Options()
            options.limits.answer = .seconds(600)  // Far longer than the test: only its length can end the answer.
            let event = try await event()
            try await delivery.running(to: url, options) { try await delivery.waitUntilSettled() }
            #expect(receiver.deliveries.count == 1)
            #expect(try await delivery.test.store.eventDetail(event)?.summary.state == .delivered)
        }
    }

    @Test(arguments: ["000", "001", "042", "099"])
    func `a status that is none is tried again`(status: String) async throws {
        let isFirst = Mutex(true)
        try await TestReceiver.serving({ _ in
            isFirst.withLock { first in
                defer { first = false }
                return first ? .raw("HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\r\n") : .status(204)
            }
        }) { receiver, url in
            let event = try await event()
            try await delivery.running(to: url) { try await delivery.waitUntilSettled() }
            #expect(receiver.deliveries.count == 2)
            #expect(try await delivery.test.store.eventDetail(event)?.summary.state == .delivered)
        }
    }

    @Test func `no header of a target ends the process or parks a stream for ever`() async throws {
        let values = ["Sun, 06 Nov 2094 9223372036854775807:00:00 GMT", "999999999", "Sun, 06 Nov 9994 08:49:37 GMT"]
        for (number, value) in values.enumerated() {
            let delivery = try TestDelivery()
            try await TestReceiver.serving({ _ in .status(503, headers: ["retry-after": value]) }) { _, url in
                let id = try await delivery.install("ws\(number)")
                let event = try #require(
                    try await delivery.test.store.events(matching: EventFilter(), page: PageRequest()).items.first?.id)
                try await delivery.running(to: url) {
                    let detail = try await delivery.wait(for: event) { $0.nextAttemptAt != nil }
                    let wait = try #require(detail.nextAttemptAt).milliseconds - Timestamp.now().milliseconds
                    #expect(wait <= RetrySchedule().longestAsked, "\(value)")
                }
                _ = id
            }
        }
    }
}
