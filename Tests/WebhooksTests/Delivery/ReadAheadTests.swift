import Installations
import Marketplace
import SQLiteStore
import Store
import Synchronization
import TestSupport
import Testing

@testable import Webhooks

/// How far delivery runs ahead of what is settled, and of what memory is granted.
@Suite(.timeLimit(.minutes(2))) struct ReadAheadTests {
    private static let megabyte = String(repeating: "x", count: 1 << 20)
    /// More streams with a megabyte each than fit into one look.
    private static let streams = 12

    /// Streams of which each has a megabyte at its head.
    private func waitingIndex() async throws -> TestDelivery {
        let delivery = try TestDelivery()
        for number in 1...Self.streams {
            let id = try await delivery.install("ws\(number)")
            let heads = try await delivery.test.store.heads(of: [InstallationNumber(Int64(number))], bytes: 1)
            guard case .event(let install)? = heads.first else { throw CancellationError() }
            _ = try await delivery.test.store.settle([
                Settlement(event: install.id, change: .delivered, at: .now())
            ])
            try await delivery.append([Self.megabyte], to: id)
        }
        return delivery
    }

    @Test func `a forwarder reads no more bodies at once than eight megabytes, whatever waits`() async throws {
        try await TestReceiver.serving({ _ in .status(204) }) { receiver, url in
            let test = try await waitingIndex().test
            let watched = WatchedStore(test.store)
            let delivery = try TestDelivery(over: test) { _ in watched }
            var options = TestDelivery.Options()
            options.breaker.firstWindow = 64
            try await delivery.running(to: url, options) { try await delivery.waitUntilSettled() }
            let bytes = watched.looks.map { look in
                look.reduce(0) { sum, head in
                    guard case .event(let event) = head else { return sum }
                    return sum + event.body.count
                }
            }
            #expect(watched.looks.first?.count == Self.streams)
            #expect(bytes.allSatisfy { $0 <= 8 << 20 }, "\(bytes)")
            #expect(receiver.deliveries.count == Self.streams, "what did not fit comes later")
        }
    }

    @Test func `a lease holds no more bodies than eight megabytes, and the rest is there for the next`() async throws {
        let delivery = try await waitingIndex()
        let (store, streams) = (delivery.test.store, ReadyStreams())
        streams.offer(try await store.readyStreams(after: 0, limit: 100).streams)
        let leases = Leases(
            store: store, settlementWriter: SettlementWriter(store: store), streams: streams, holdTimer: HoldTimer(),
            pushed: [], log: .unread,
            now: { .now() })
        let request = Leases.Request(
            addonKey: delivery.platform.manifest.key, max: 100, leaseLength: 60_000, patience: 0)
        #expect(try await leases.lease(request).events.count == 8)
        #expect(try await leases.lease(request).events.count == Self.streams - 8)
    }

    @Test func `the next event leaves only when the settlement of the last is durable`() async throws {
        let test = try TestStore(at: .now())
        let watched = WatchedStore(test.store)
        let delivery = try TestDelivery(over: test) { _ in watched }
        let last = Mutex<[String: String]>([:])
        let early = Mutex<[String]>([])
        try await TestReceiver.serving({ delivery in
            if let previous = last.withLock({ $0.updateValue(delivery.id, forKey: delivery.workspace) }),
                !watched.isSettled(previous)
            {
                early.withLock { $0.append(delivery.id) }
            }
            return .status(204)
        }) { receiver, url in
            for number in 1...10 {
                let id = try await delivery.install("ws\(number)")
                try await delivery.append((1...10).map { "\($0)" }, to: id)
            }
            try await delivery.running(to: url) { try await delivery.waitUntilSettled() }
            #expect(receiver.deliveries.count == 110)
        }
        #expect(early.withLock { $0 } == [])
    }
}
