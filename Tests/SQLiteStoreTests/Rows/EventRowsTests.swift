import GRDB
import Installations
import Marketplace
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore
@testable import Store

@Suite struct EventRowsTests {
    private let test: TestStore
    private let platform: TestPlatform
    private let clock = TestClock()

    init() throws {
        test = try TestStore()
        platform = try TestPlatform()
    }

    private func install(_ id: InstallationID) async throws -> SealedCredentials {
        _ = try await test.store.perform(platform.call(id, try platform.install(id), at: clock.now))
        return try #require(try await test.store.credentials(of: id))
    }

    private func event(_ id: InstallationID, _ credentials: SealedCredentials, body: String = "{}") throws -> InboxEvent
    {
        let key = try test.store.vault
            .openKey(credentials.wrappedKey, of: id, number: credentials.number)
        let eventID = test.store.eventIDs.next(at: clock.now)
        return InboxEvent(
            id: eventID, installation: credentials.number, tokenSet: credentials.tokenSet, installationKey: key.id,
            type: "NEW_TIME_ENTRY", receivedAt: clock.now,
            body: key.seal(Array(body.utf8), in: id.context(.event(eventID, type: "NEW_TIME_ENTRY"))))
    }

    @Test func `an event is kept and its body comes back byte for byte`() async throws {
        let id = try platform.id()
        let event = try event(id, try await install(id), body: #"{ "a":1.0 , "é":"\u00e9" }"#)
        #expect(try test.store.append([event]) == [.appended])
        let body = try await test.store.eventBody(event.id, actor: .local(userID: 0), at: clock.now)
        #expect(body == Array(#"{ "a":1.0 , "é":"\u00e9" }"#.utf8))
        let audit = try await test.store.auditRecords(since: nil, of: id, page: PageRequest(limit: 1))
        #expect(audit.items.first?.entry.action == "event.body")
    }

    @Test func `nothing enters once the installation ended`() async throws {
        let id = try platform.id()
        let late = try event(id, try await install(id))
        _ = try await test.store.perform(platform.call(id, .deleted, at: clock.now))
        #expect(try test.store.append([late]) == [.outdated])
    }

    @Test func `nothing enters by a token set that was replaced`() async throws {
        let id = try platform.id()
        let old = try event(id, try await install(id))
        let new = try event(id, try await install(id))
        #expect(try test.store.append([old, new]) == [.outdated, .appended])
    }

    @Test func `nothing enters under an installation key that was replaced`() async throws {
        let id = try platform.id()
        let credentials = try await install(id)
        let stale = try event(id, credentials)
        try await test.engine.pool.write { db in
            try db.execute(sql: "UPDATE installation SET installation_key = installation_key + 1")
        }
        #expect(try test.store.append([stale]) == [.outdated])
    }

    @Test func `a body moved to another event does not open`() async throws {
        let id = try platform.id()
        let credentials = try await install(id)
        let (first, second) = (try event(id, credentials, body: "1"), try event(id, credentials, body: "2"))
        #expect(try test.store.append([first, second]) == [.appended, .appended])
        try await test.engine.pool.write { db in
            try db.execute(
                sql: "UPDATE event SET sealed_body = (SELECT sealed_body FROM event WHERE id = ?) WHERE id = ?",
                arguments: [first.id.number, second.id.number])
        }
        await #expect(throws: StoreError.self) {
            _ = try await test.store.eventBody(second.id, actor: .system, at: clock.now)
        }
    }

    @Test func `a list pages newest first and stays stable while events arrive`() async throws {
        let id = try platform.id()
        let credentials = try await install(id)
        for _ in 0..<9 { #expect(try test.store.append([try event(id, credentials)]) == [.appended]) }
        var seen: [EventID] = []
        var cursor: Installations.Cursor?
        repeat {
            let page = try await test.store.events(matching: EventFilter(), page: PageRequest(limit: 3, cursor: cursor))
            seen += page.items.map(\.id)
            cursor = page.next
            // What arrives meanwhile is newer than the cursor and shifts nothing.
            #expect(try test.store.append([try event(id, credentials)]) == [.appended])
        } while cursor != nil
        #expect(seen.count == 10)
        #expect(seen == seen.sorted(by: >))
    }

    @Test func `a list narrows by state, add-on and workspace`() async throws {
        for workspace in ["ws1", "ws2"] { _ = try await install(try platform.id(workspace, "i")) }
        func count(_ filter: EventFilter) async throws -> Int {
            try await test.store.events(matching: filter, page: PageRequest()).items.count
        }
        #expect(try await count(EventFilter()) == 2)
        #expect(try await count(EventFilter(workspaceID: WorkspaceID("ws2"))) == 1)
        #expect(try await count(EventFilter(addonKey: AddonKey("another"))) == 0)
        #expect(try await count(EventFilter(state: .pending)) == 2)
        #expect(try await count(EventFilter(state: .dead)) == 0)
        #expect(test.store.waitingEvents == 2)
    }
}
