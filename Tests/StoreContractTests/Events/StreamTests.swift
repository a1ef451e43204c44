import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

/// The order of a stream, and what is found at its head.
@Suite struct StreamTests {
    @Test(arguments: EngineUnderTest.allCases)
    func `a stream begins with its install, goes on in order and ends with its uninstall`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.append("1", "2")
        try await test.append("3")
        try await test.uninstall()
        var seen: [String] = []
        while let event = try await test.head(stream) {
            seen.append(event.type == "NEW_TIME_ENTRY" ? String(decoding: event.body, as: UTF8.self) : event.type)
            try await test.settleHead(stream, .delivered)
        }
        #expect(seen == ["addon.installed", "1", "2", "3", "addon.deleted"])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a body comes out byte for byte and goes when it is settled`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.settleHead(stream, .delivered)
        let body = #"{ "a" : 1.50,\#t"b":"\u00e9" }"#
        let event = try #require(try await test.append(body).first)
        #expect(try await test.head(stream)?.body == Array(body.utf8))
        try await test.settleHead(stream, .delivered)
        #expect(try await test.state(event) == .delivered)
        #expect(try await test.body(event) == nil)
        #expect(test.store.kept.bytes == 0)
        #expect(test.store.waitingEvents == 0)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a retry keeps the whole stream back, and only this one`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let (failing, healthy) = (try await test.install("ws1"), try await test.install("ws2"))
        let event = try await test.settleHead(failing, .retry(at: test.later(10), .status(500)))
        #expect(try await test.head(failing) == nil)
        #expect(try await test.head(healthy) != nil)
        #expect(try await test.store.ready([failing, healthy]).map(\.installation) == [healthy])

        let early = try await test.store.endHolds(at: test.later(9), limit: 10, schedule: RetrySchedule())
        #expect(early.count == 0 && early.next == test.later(10))
        let due = try await test.store.endHolds(at: test.later(10), limit: 10, schedule: RetrySchedule())
        #expect(
            due.streams == [
                EventStream(installation: failing, addonKey: test.platform.manifest.key, hasFailed: true)
            ])
        let again = try #require(try await test.head(failing))
        #expect(again.id == event && again.attempts == 1, "the same id at every attempt")
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a dead letter does not keep back what came after it`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        try await test.append("1")
        let dead = try await test.settleHead(stream, .dead(.status(400)))
        #expect(try await test.state(dead) == .dead)
        #expect(try await test.head(stream)?.body == Array("1".utf8))
        let detail = try #require(try await test.store.eventDetail(dead))
        #expect(detail.lastFailure == "HTTP 400" && detail.settledAt == test.now)
        #expect(test.store.waitingEvents == 1)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a body that does not open is told apart from a storage key that is missing`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let event = try #require(try await test.head(stream)).id
        try await test.damage(.body(event))
        guard case .damaged(event)? = try await test.store.heads(of: [stream], bytes: 1).first else {
            Issue.record("not damaged")
            return
        }
        try await test.damage(.storageKey(of: stream))
        guard case .locked(event)? = try await test.store.heads(of: [stream], bytes: 1).first else {
            Issue.record("not locked")
            return
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `one look brings no more bodies to memory than it was granted, and at least one`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        var streams: [InstallationNumber] = []
        for number in 1...3 {
            streams.append(try await test.install("ws\(number)"))
            try await test.settleHead(try #require(streams.last), .delivered)
            try await test.append(String(repeating: "x", count: 1000), to: "ws\(number)")
        }
        let heads = try await test.store.heads(of: streams, bytes: 1100)
        let words = heads.map { head in
            switch head {
            case .event: "event"
            case .postponed: "postponed"
            default: "other"
            }
        }
        #expect(words == ["event", "event", "postponed"])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a walk over all streams takes one step for each, in pages`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        var streams: [InstallationNumber] = []
        for number in 1...5 { streams.append(try await test.install("ws\(number)")) }
        try await test.settleHead(streams[1], .delivered)
        try await test.settleHead(streams[3], .retry(at: test.later(60), .timeout))
        var (found, after): ([InstallationNumber], Int64?) = ([], 0)
        while let first = after {
            let page = try await test.store.readyStreams(after: first, limit: 2)
            found += page.streams.map(\.installation)
            after = page.last
        }
        #expect(found == [streams[0], streams[2], streams[4]])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `every stream that gets an event is told of`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        _ = test.store.arrivals.drain()
        let stream = try await test.install()
        #expect(test.store.arrivals.drain().streams == [stream])
        try await test.append("1", "2")
        #expect(test.store.arrivals.drain().streams == [stream])
        try await test.uninstall()
        #expect(test.store.arrivals.drain().streams == [stream])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `pending events are listed newest first, whether they are many or few`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let stream = try await test.install()
        let ids = try await test.append("1", "2", "3")
        try await test.settleHead(stream, .delivered)
        for limit in [2, 10] {
            let page = try await test.store.events(
                matching: EventFilter(state: .pending), page: PageRequest(limit: limit))
            #expect(page.items.map(\.id) == Array(ids.reversed().prefix(limit)))
            #expect((page.next != nil) == (limit == 2))
        }
        let delivered = try await test.store.events(matching: EventFilter(state: .delivered), page: PageRequest())
        #expect(delivered.items.map(\.type) == ["addon.installed"])
    }
}
