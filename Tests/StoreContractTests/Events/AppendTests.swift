import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

/// What enters the inbox, and what does not any more.
@Suite struct AppendTests {
    @Test(arguments: EngineUnderTest.allCases)
    func `an event is kept and its body comes back byte for byte`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        let body = #"{ "a":1.0 , "é":"\u00e9" }"#
        let event = try #require(try await test.append(body).first)
        #expect(try await test.body(event) == Array(body.utf8))
        #expect(try await test.audit(1, of: test.id()) == ["event.body given"])
        #expect(try await test.body(EventID(number: 1)) == nil)
        #expect(try await test.audit(1) == ["event.body refused: unknown or settled"])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `nothing enters once the installation ended`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        let late = try await test.event()
        try await test.uninstall()
        #expect(try await test.append([late]) == [.outdated])
        #expect(test.store.waitingEvents == 2)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `nothing enters by a token set that was replaced`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        let old = try await test.event()
        try await test.install(tokens: "second")
        let new = try await test.event()
        #expect(try await test.append([old, new]) == [.outdated, .appended])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `nothing enters under an installation key that was replaced`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        let stale = try await test.event()
        let (old, _) = try await test.promoteNew()
        #expect(try await test.store.reencrypt(from: old, in: NumberRange(), limit: 10, at: test.now).rewrapped == 1)
        #expect(try await test.append([stale]) == [.outdated])
        try await test.append("1")
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an event of an installation that never was is refused alone`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        let event = try await test.event()
        let lost = InboxEvent(
            id: test.store.eventIDs.next(at: test.now), installation: 99, tokenSet: 1,
            installationKey: event.installationKey, type: event.type, receivedAt: test.now, body: event.body)
        #expect(try await test.append([lost, event]) == [.outdated, .appended])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an id that is there already fails its whole call`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        let (first, second) = (try await test.event("1"), try await test.event("2"))
        #expect(try await test.append([first]) == [.appended])
        await #expect(throws: StoreError.self) { try await test.append([second, first]) }
        #expect(try await test.state(second.id) == nil)
        #expect(test.store.waitingEvents == 2)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `an event whose request gave up is not appended, and the others are`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        let (given, kept) = (try await test.event("1"), try await test.event("2"))
        let ticket = WriteTicket()
        #expect(ticket.withdraw())
        let withdrawn = InboxEvent(
            id: given.id, installation: given.installation, tokenSet: given.tokenSet,
            installationKey: given.installationKey, type: given.type, receivedAt: given.receivedAt, body: given.body,
            ticket: ticket)
        #expect(try await test.append([withdrawn, kept]) == [.withdrawn, .appended])
        #expect(try await test.state(given.id) == nil)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a body moved to another event does not open`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        let events = try await test.append("1", "2")
        try await test.damage(.moveBody(events[0], to: events[1]))
        await #expect(throws: StoreError.self) { _ = try await test.body(events[1]) }
    }
}
