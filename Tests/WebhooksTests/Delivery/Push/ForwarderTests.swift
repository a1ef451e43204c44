import Installations
import MetricsTestKit
import NIOHTTP1
import SQLiteStore
import Sealing
import Store
import Synchronization
import TestSupport
import Testing

@testable import Webhooks

/// Push over real HTTP to a real receiver.
@Suite(.timeLimit(.minutes(2))) struct ForwarderTests {
    private let delivery: TestDelivery

    init() throws { delivery = try TestDelivery() }

    @Test func `an event arrives as the contract says, signed with every secret`() async throws {
        try await TestReceiver.serving({ _ in .status(204) }) { receiver, url in
            var options = TestDelivery.Options()
            options.secrets = TestDelivery.secrets
            let id = try await delivery.install("ws1")
            let body = #"{ "a" : 1.50,\#t"b":"\u00e9" }"#
            let event = try #require(try await delivery.append([body], to: id).first)
            try await delivery.running(to: url, options) { try await delivery.waitUntilSettled() }

            #expect(receiver.deliveries.map(\.type) == ["addon.installed", "NEW_TIME_ENTRY"])
            let received = try #require(receiver.deliveries.last)
            #expect(received.body == Array(body.utf8))
            let expected = [
                "webhook-id": event.text, "content-type": "application/json", "innkeeper-addon-key": "test-addon",
                "innkeeper-workspace-id": "ws1", "innkeeper-addon-id": "inst-ws1",
                "innkeeper-installation-status": "ACTIVE", "innkeeper-attempt": "1",
                "content-length": String(body.utf8.count),
            ]
            for (name, value) in expected { #expect(received.headers[name] == [value], "\(name)") }
            let timestamp = try #require(received.headers.first(name: "webhook-timestamp").flatMap { Int64($0) })
            #expect(abs(timestamp - Timestamp.now().seconds) < 60)
            let signatures = TestDelivery.secrets.compactMap { SigningSecret($0) }.map {
                $0.signature(id: event.text, timestamp: timestamp, body: Array(body.utf8))
            }
            #expect(received.headers["webhook-signature"] == [signatures.joined(separator: " ")])
        }
    }

    @Test func `each installation's events come in order, one at a time, and connections are reused`() async throws {
        try await TestReceiver.serving({ _ in .status(200, body: "thank you") }) { receiver, url in
            try await delivery.running(to: url) {
                try await withThrowingTaskGroup { tenants in
                    for number in 1...10 {
                        tenants.addTask {
                            let id = try await delivery.install("ws\(number)")
                            for start in stride(from: 0, to: 20, by: 4) {
                                try await delivery.append((start..<start + 4).map { "\($0)" }, to: id)
                            }
                            try await delivery.uninstall(id)
                        }
                    }
                    try await tenants.waitForAll()
                }
                try await delivery.waitUntilSettled()
            }
            for number in 1...10 {
                let own = receiver.deliveries.filter { $0.workspace == "ws\(number)" }
                #expect(own.first?.type == "addon.installed" && own.last?.type == "addon.deleted")
                #expect(
                    own.dropFirst().dropLast().map { String(decoding: $0.body, as: UTF8.self) }
                        == (0..<20).map { "\($0)" })
            }
            #expect(receiver.mostUnderWayOfOne == 1)
            #expect(receiver.connections <= 40, "\(receiver.connections) for \(receiver.deliveries.count) deliveries")
        }
    }

    @Test func `a failed event is tried again under the same id before anything overtakes it`() async throws {
        let failures = Mutex(3)
        try await TestReceiver.serving({ delivery in
            guard delivery.type == "NEW_TIME_ENTRY" else { return .status(204) }
            return failures.withLock { left in
                if left == 0 { return .status(204) }
                left -= 1
                return .status([429, 408, 503][left])
            }
        }) { receiver, url in
            let id = try await delivery.install("ws1")
            let events = try await delivery.append(["1", "2"], to: id)
            try await delivery.running(to: url) { try await delivery.waitUntilSettled() }
            let (first, second) = (events[0].text, events[1].text)
            #expect(receiver.deliveries.dropFirst().map(\.id) == [first, first, first, first, second])
            #expect(
                receiver.deliveries.dropFirst().compactMap { $0.headers.first(name: "innkeeper-attempt") }
                    == ["1", "2", "3", "4", "1"])
            #expect(try await delivery.test.store.event(events[0])?.attempts == 4)
        }
    }

    @Test func `any other answer makes a dead letter at once, and a redirect is not followed`() async throws {
        let elsewhere = Mutex(0)
        try await TestReceiver.serving({ _ in
            elsewhere.withLock { $0 += 1 }
            return .status(204)
        }) { _, other in
            try await TestReceiver.serving({ delivery in
                switch String(decoding: delivery.body, as: UTF8.self) {
                case "redirect": .status(307, headers: ["location": other])
                case "refused": .status(400, body: "secret of the tenant")
                default: .status(204)
                }
            }) { receiver, url in
                let id = try await delivery.install("ws1")
                let events = try await delivery.append(["redirect", "refused", "fine"], to: id)
                try await delivery.running(to: url) { try await delivery.waitUntilSettled() }
                var details: [EventDetail] = []
                for event in events { details.append(try #require(try await delivery.test.store.eventDetail(event))) }
                #expect(details.map(\.summary.state) == [.dead, .dead, .delivered])
                #expect(details.map(\.lastFailure) == ["HTTP 307", "HTTP 400", nil])
                #expect(receiver.deliveries.count == 4)
            }
        }
        #expect(elsewhere.withLock { $0 } == 0)
    }

    @Test func `Retry-After is honoured`() async throws {
        try await TestReceiver.serving({ _ in .status(503, headers: ["retry-after": "120"]) }) { _, url in
            let id = try await delivery.install("ws1")
            let event = try #require(
                try await delivery.test.store.events(matching: EventFilter(), page: PageRequest()).items.first?.id)
            let before = Timestamp.now().milliseconds
            try await delivery.running(to: url) {
                let detail = try await delivery.wait(for: event) { $0.nextAttemptAt != nil }
                let wait = try #require(detail.nextAttemptAt).milliseconds - before
                #expect((120_000...180_000).contains(wait) && detail.lastFailure == "HTTP 503")
            }
            _ = id
        }
    }

    @Test(arguments: [TestReceiver.Reply.silence, .hangUp])
    func `a target that does not answer is tried again`(reply: TestReceiver.Reply) async throws {
        let isFirst = Mutex(true)
        try await TestReceiver.serving({ _ in
            isFirst.withLock { first in
                defer { first = false }
                return first ? reply : .status(204)
            }
        }) { receiver, url in
            var options = TestDelivery.Options()
            options.limits.answer = .milliseconds(300)
            _ = try await delivery.install("ws1")
            try await delivery.running(to: url, options) { try await delivery.waitUntilSettled() }
            // Twice, or more often where this machine is so busy that an answer comes too late.
            #expect(receiver.deliveries.count >= 2)
            #expect(Set(receiver.deliveries.map(\.id)).count == 1)
        }
    }

    @Test func `a target that is not there is no loss`() async throws {
        _ = try await delivery.install("ws1")
        let event = try #require(
            try await delivery.test.store.events(matching: EventFilter(), page: PageRequest()).items.first?.id)
        try await delivery.running(to: "http://127.0.0.1:1/") {
            let detail = try await delivery.wait(for: event) { $0.summary.attempts >= 2 }
            #expect(detail.summary.state == .pending && detail.lastFailure == "cannot connect")
        }
        try await TestReceiver.serving({ _ in .status(204) }) { receiver, url in
            let again = try TestDelivery(over: delivery.test)
            try await again.running(to: url) { try await again.waitUntilSettled() }
            #expect(receiver.deliveries.map(\.id) == [event.text])
        }
    }

    @Test func `workspaces that fail or hang delay nobody else`() async throws {
        try await TestReceiver.serving({ delivery in
            if delivery.workspace.hasPrefix("hang") { return .silence }
            return .status(delivery.workspace.hasPrefix("fail") ? 500 : 204)
        }) { receiver, url in
            for number in 1...10 {
                for kind in ["hang", "fail", "fine"] {
                    let id = try await delivery.install("\(kind)\(number)")
                    try await delivery.append((0..<10).map { "\($0)" }, to: id)
                }
            }
            var options = TestDelivery.Options()
            options.limits.answer = .seconds(60)  // Far longer than the test: the others do not wait for it.
            options.breaker.firstWindow = 64
            try await delivery.running(to: url, options) {
                await receiver.wait { all in all.count { $0.workspace.hasPrefix("fine") } == 110 }
            }
            let fine = receiver.deliveries.filter { $0.workspace.hasPrefix("fine") }
            #expect(Set(fine.map(\.id)).count == 110)
            #expect(receiver.deliveries.count { $0.workspace.hasPrefix("hang") } == 10, "one of each, then no more")
        }
    }

    @Test func `while the target is down attempts are few, and when it is back everything arrives`() async throws {
        let isUp = Mutex(false)
        try await TestReceiver.serving({ _ in isUp.withLock { $0 } ? .status(204) : .hangUp }) { receiver, url in
            for number in 1...40 { _ = try await delivery.install("ws\(number)") }
            var options = TestDelivery.Options()
            options.breaker.firstPause = .milliseconds(200)
            options.breaker.longestPause = .milliseconds(200)
            options.breaker.firstWindow = 4
            try await delivery.running(to: url, options) {
                // Five installations and the rest of the first window open the breaker; then one probe a pause.
                await receiver.wait { $0.count >= 12 }
                #expect(Set(receiver.deliveries.map(\.workspace)).count <= 20)
                isUp.withLock { $0 = true }
                try await delivery.waitUntilSettled()
            }
            #expect(Set(receiver.deliveries.map(\.workspace)).count == 40)
        }
    }

    @Test func `a damaged event becomes a dead letter and its stream goes on`() async throws {
        try await TestReceiver.serving({ _ in .status(204) }) { receiver, url in
            let id = try await delivery.install("ws1")
            let event = try #require(try await delivery.append(["1"], to: id, sealedFor: EventID(number: 1)).first)
            try await delivery.append(["2"], to: id)
            try await delivery.running(to: url) { try await delivery.waitUntilSettled() }
            #expect(receiver.deliveries.compactMap { String(decoding: $0.body, as: UTF8.self) }.last == "2")
            let detail = try #require(try await delivery.test.store.eventDetail(event))
            #expect(detail.summary.state == .dead && detail.lastFailure == DeliveryFailure.damaged.text)
        }
    }

    @Test func `every attempt is counted by its outcome and timed, under names that are kept`() async throws {
        let failures = Mutex(2)
        try await TestReceiver.serving({ delivery in
            if String(decoding: delivery.body, as: UTF8.self) == "refused" { return .status(400) }
            return failures.withLock { left in
                if left == 0 { return .status(204) }
                left -= 1
                return .status(503)
            }
        }) { _, url in
            let id = try await delivery.install("ws1")
            try await delivery.append(["fine", "refused"], to: id)
            let options = TestDelivery.Options()
            try await delivery.running(to: url, options) { try await delivery.waitUntilSettled() }
            for (outcome, count) in [("delivered", 2), ("retried", 2), ("dead", 1)] {
                let total = options.metrics.counterTotal(
                    label: Metric.deliveries.rawValue, dimensions: [("outcome", outcome)])
                #expect(total == Int64(count), "\(outcome)")
            }
            #expect(try options.metrics.expectTimer(Metric.deliverySeconds.rawValue).values.count == 5)
        }
    }

    @Test func `a shutdown waits for the answer under way`() async throws {
        try await TestReceiver.serving({ _ in
            .status(204)
        }) { receiver, url in
            let id = try await delivery.install("ws1")
            try await delivery.append(["1", "2", "3"], to: id)
            try await delivery.running(to: url) { await receiver.wait { $0.count >= 2 } }
            let delivered = try await delivery.test.store.events(
                matching: EventFilter(state: .delivered), page: PageRequest()
            ).items.count
            #expect(delivered == receiver.deliveries.count, "what was answered is settled")
        }
    }
}
