import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

/// Pages of events and of installations.
@Suite struct ListTests {
    @Test(arguments: EngineUnderTest.allCases)
    func `a list pages newest first and stays stable while events arrive`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        for _ in 0..<9 { try await test.append("1") }
        var seen: [EventID] = []
        var cursor: Installations.Cursor?
        repeat {
            let page = try await test.store.events(matching: EventFilter(), page: PageRequest(limit: 3, cursor: cursor))
            seen += page.items.map(\.id)
            cursor = page.next
            // What arrives meanwhile is newer than the cursor and shifts nothing.
            try await test.append("1")
        } while cursor != nil
        #expect(seen.count == 10)
        #expect(seen == seen.sorted(by: >))
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `a list narrows by state, add-on and workspace`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        for workspace in ["ws1", "ws2"] { try await test.install(workspace) }
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

    @Test(arguments: EngineUnderTest.allCases)
    func `a list narrows by type and by when an event arrived, whatever else it narrows by`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install("ws1")
        var moments: [Timestamp] = []
        for _ in 0..<4 {
            test.clock.advance(seconds: 1)
            moments.append(test.now)
            try await test.append("1", to: "ws1")
        }
        for base in [EventFilter(), EventFilter(workspaceID: WorkspaceID("ws1")), EventFilter(state: .pending)] {
            func arrivals(_ narrow: (inout EventFilter) -> Void) async throws -> [Timestamp] {
                var filter = base
                narrow(&filter)
                return try await test.events(filter).map(\.receivedAt)
            }
            let webhooks = Array(moments.reversed())
            #expect(try await arrivals { $0.type = "NEW_TIME_ENTRY" } == webhooks)
            #expect(try await arrivals { $0.type = "addon.installed" }.count == 1)
            #expect(try await arrivals { $0.type = "NEW_PROJECT" } == [])
            #expect(try await arrivals { $0.since = moments[2] } == Array(webhooks.prefix(2)))
            #expect(try await arrivals { ($0.since, $0.until) = (moments[1], moments[3]) } == Array(webhooks[1...2]))
            #expect(try await arrivals { ($0.until, $0.type) = (moments[1], "NEW_TIME_ENTRY") } == [moments[0]])
            #expect(try await arrivals { $0.until = .distantFuture }.count == 5)
            #expect(try await arrivals { $0.since = .distantFuture } == [])
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `what no index leads to is searched for in so many events, and further on the next page`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install("ws1")
        let wanted = try #require(try await test.events().first)
        let most = 300
        for _ in 0..<6 { try await test.append(contentsOf: most / 6, to: "ws1") }
        let last = try #require(try await test.events().first)
        let filters = [
            EventFilter(type: wanted.type), EventFilter(state: .pending, type: wanted.type),
            EventFilter(workspaceID: WorkspaceID("ws1"), type: wanted.type),
        ]
        for var filter in filters {
            filter.mostRead = most
            let page = try await test.store.events(matching: filter, page: PageRequest(limit: 10))
            #expect(page.items.isEmpty && page.isCut)
            let cursor = try #require(page.next)
            #expect(cursor.position > wanted.id.number && cursor.position < last.id.number)
            let next = try await test.store.events(matching: filter, page: PageRequest(limit: 10, cursor: cursor))
            #expect(next.items.map(\.id) == [wanted.id])
            #expect(next.next == nil && !next.isCut)
        }
        let of = EventFilter(addonID: wanted.installation.addonID)
        let page = try await test.store.events(matching: of, page: PageRequest(limit: 10))
        #expect(page.items.count == 10 && !page.isCut && page.next?.position == page.items.last?.id.number)
        var other = EventFilter(addonKey: AddonKey("another"))
        other.mostRead = most
        #expect(try await test.store.events(matching: other, page: PageRequest()).isCut)
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `who may see some add-ons only is shown no others`(engine: EngineUnderTest) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install()
        let (mine, other) = (test.platform.manifest.key, try #require(AddonKey("another")))
        for (addons, count) in [(nil, 1), ([mine], 1), ([other], 0), ([], 0)] as [(Set<AddonKey>?, Int)] {
            var (events, installations) = (EventFilter(), InstallationFilter())
            (events.addons, installations.addons) = (addons, addons)
            #expect(try await test.events(events).count == count)
            let page = try await test.store.installations(matching: installations, page: PageRequest())
            #expect(page.items.count == count)
        }
    }

    @Test(arguments: EngineUnderTest.allCases)
    func `installations are listed newest first, page by page, by status, add-on and workspace`(
        engine: EngineUnderTest
    ) async throws {
        let test = try StoreUnderTest(engine)
        try await test.install(count: 5)
        try await test.uninstall("ws2")
        try await test.perform(test.id("ws3"), .statusChanged("INACTIVE"))
        func list(_ filter: InstallationFilter, limit: Int = 2) async throws -> [InstallationNumber] {
            var (found, cursor): ([InstallationNumber], Installations.Cursor?) = ([], nil)
            repeat {
                let page = try await test.store.installations(
                    matching: filter, page: PageRequest(limit: limit, cursor: cursor))
                #expect(page.items.count <= limit)
                found += page.items.map(\.number)
                cursor = page.next
            } while cursor != nil
            return found
        }
        #expect(try await list(InstallationFilter()) == [5, 4, 3, 1])
        #expect(try await list(InstallationFilter(scope: .all)) == [5, 4, 3, 2, 1])
        #expect(try await list(InstallationFilter(scope: .only(.deleted))) == [2])
        #expect(try await list(InstallationFilter(scope: .only(.inactive))) == [3])
        #expect(try await list(InstallationFilter(workspaceID: WorkspaceID("ws4"))) == [4])
        #expect(try await list(InstallationFilter(addonKey: AddonKey("another"))) == [])
    }
}
