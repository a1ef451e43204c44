import Installations
import PostgresSupport
import Store
import TestSupport
import Testing
import Webhooks

@testable import PostgresStore

/// What a verb waits for does not grow with its batch.
@Suite(.enabled(if: TestDatabase.isAvailable)) struct RoundTripTests {
    @Test(arguments: [1, 64]) func `a batch of webhooks waits once`(count: Int) async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        var events: [InboxEvent] = []
        for _ in 0..<count { events.append(try await test.event(for: "ws1")) }
        let trips = try await test.roundTrips { () async throws in
            #expect(try await test.append(events).allSatisfy { $0 == .appended })
        }
        #expect(trips == 1)
    }

    @Test func `an INSTALLED waits three times`() async throws {
        let test = try PostgresUnderTest()
        // Each connection is made, and each statement prepared, at its first use.
        try await test.install("ws1")
        #expect(try await test.roundTrips { () async throws in try await test.install("ws2") } == 3)
    }

    @Test(arguments: [1, 64]) func `settlements wait twice, and leases once`(count: Int) async throws {
        let test = try PostgresUnderTest()
        var streams: [InstallationNumber] = []
        for number in 1...count {
            try await test.install("ws\(number)")
            streams.append(InstallationNumber(Int64(number)))
        }
        let heads = try await test.store.heads(of: streams, bytes: 64 << 20).compactMap { head in
            if case .event(let event) = head { event } else { nil }
        }
        #expect(heads.count == count)
        let lease = LeaseID.random()
        let leasing = try await test.roundTrips { () async throws in
            let until = Timestamp(milliseconds: test.clock.now.milliseconds + 60_000)
            #expect(
                try await test.store.lease(heads, as: lease, from: test.clock.now, until: until).count == count)
        }
        #expect(leasing == 1)
        let settling = try await test.roundTrips { () async throws in
            let settlements = heads.map {
                Settlement(event: $0.id, change: .delivered, lease: lease, at: test.clock.now)
            }
            #expect(try await test.store.settle(settlements).allSatisfy(\.isApplied))
        }
        #expect(settling == 2)
    }

    @Test func `a page waits once`() async throws {
        let test = try PostgresUnderTest()
        for number in 1...3 { try await test.install("ws\(number)") }
        let installations = try await test.roundTrips { () async throws in
            let page = try await test.store.installations(matching: InstallationFilter(), page: PageRequest(limit: 2))
            #expect(page.items.count == 2)
        }
        #expect(installations == 1)
        let events = try await test.roundTrips { () async throws in
            #expect(try await test.store.events(matching: EventFilter(), page: PageRequest()).items.count == 3)
        }
        #expect(events == 1)
        let records = try await test.roundTrips { () async throws in
            _ = try await test.store.auditRecords(since: nil, of: nil, page: PageRequest())
        }
        #expect(records == 1)
    }
}
