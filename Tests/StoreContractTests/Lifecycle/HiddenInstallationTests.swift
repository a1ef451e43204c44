import Installations
import Sealing
import Store
import TestSupport
import Testing

/// Rows of installations that somebody without a key hides, moves or puts there.
@Suite struct HiddenInstallationTests {
    /// Over PostgreSQL an index refuses the second live one.
    @Test(arguments: EngineUnderTest.withOneWriter)
    func `one that was hidden from the INSTALLED after it is not live when it is shown again`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let hidden = try await test.install()
        try await test.damage(.workspace(of: hidden, "elsewhere"))
        let next = try test.id("ws1", "next")
        #expect(try await test.perform(next, test.platform.install(next, tokens: "next")) == .create)
        try await test.damage(.workspace(of: hidden, "ws1"))
        try await expectNotLive(test)
        #expect(try await test.store.credentials(of: next) != nil)
    }

    @Test(arguments: EngineUnderTest.withOneWriter)
    func `an end that somebody wrote hides none from the INSTALLED after it`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        let hidden = try await test.install()
        try await test.damage(.end(of: hidden, test.now))
        let next = try test.id("ws1", "next")
        #expect(try await test.perform(next, test.platform.install(next, tokens: "next")) == .create)
        #expect(try await test.store.installation(test.id())?.status == .superseded)
        #expect(try await test.isIntact())
    }

    private func expectNotLive(_ test: StoreUnderTest) async throws {
        let id = try test.id()
        await #expect(throws: StoreError.self) { _ = try await test.store.credentials(of: id) }
        guard
            case .forged = try await test.store.token(
                of: id, reading: TokenReading(actor: .system, reason: .none, at: test.now))
        else {
            Issue.record("its token is given to nobody")
            return
        }
        #expect(try await test.store.installation(id)?.isGenuine == false)
        #expect(try await test.store.forgedRows().count == 1)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a row that counts for nothing is ended by the INSTALLED after it, and counts no more for that`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        let old = try await test.install()
        try await test.damage(.status(of: old, .inactive))
        let next = try test.id("ws1", "next")
        #expect(try await test.perform(next, test.platform.install(next, tokens: "next")) == .create)
        let ended = try #require(try await test.store.installation(test.id()))
        #expect(ended.status == .superseded && !ended.isGenuine)
        #expect(try await test.known()?.secrets.named.isEmpty == true)
        #expect(try await test.store.forgedRows().named.map(\.item.number) == [old.value])
    }

    @Test(arguments: EngineUnderTest.allCases, [InstallationNumber.end.previous, .end])
    func `a row at the end of all numbers keeps nobody from being installed`(
        engine: EngineUnderTest, number: InstallationNumber
    ) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install("ws1")
        try await test.damage(.tombstone(number))
        #expect(try await test.install("ws2") == 2)
        #expect(try await test.perform(test.id("ws3"), .deleted) == .tombstone)
        #expect(try await test.store.forgedRows().named.map(\.item.number) == [number.value])
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a row with a number that is never given out is found`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        try await test.damage(.tombstone(-1))
        #expect(try await test.store.forgedRows().named.map(\.item.number) == [-1])
    }

    @Test(arguments: EngineUnderTest.withTables)
    func `one whose name does not read keeps neither lists nor deliveries of others, and is found`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install(count: 3)
        try await test.damage(.workspace(of: 2, "no name of a workspace"))
        let page = try await test.store.installations(matching: InstallationFilter(), page: PageRequest(limit: 2))
        #expect(page.items.map(\.number) == [3])
        let rest = try await test.store.installations(
            matching: InstallationFilter(), page: PageRequest(limit: 2, cursor: page.next))
        #expect(rest.items.map(\.number) == [1])
        #expect(try await test.events().count == 2)
        #expect(try await test.store.readyStreams(after: 0, limit: 10).streams.count >= 2)
        #expect(try await test.store.forgedRows().named.map(\.item.number) == [2])
    }
}
