import Installations
import PostgresSupport
import Sealing
import Store
import TestSupport
import Testing

@testable import PostgresStore
@testable import Webhooks

/// What several processes over one database do to each other.
@Suite(.enabled(if: TestDatabase.isAvailable)) struct ManyProcessesTests {
    private let day: Int64 = 86_400_000

    @Test func `processes go by the clock of the server, whatever their own say`() throws {
        let test = try PostgresUnderTest()
        let ahead = try test.beside { [day] in Timestamp(milliseconds: Timestamp.now().milliseconds + day) }
        let behind = try test.beside { [day] in Timestamp(milliseconds: Timestamp.now().milliseconds - day) }
        let shown = Timestamp.now().milliseconds
        for process in [ahead, behind] { #expect(abs(process.engine.clock.now.milliseconds - shown) < 5_000) }
    }

    @Test func `no two processes give out the same id`() throws {
        let test = try PostgresUnderTest()
        let (one, other) = (try test.beside(), try test.beside())
        let now = Timestamp.now()
        let ids = (0..<1000).flatMap { _ in [one.store.eventIDs.next(at: now), other.store.eventIDs.next(at: now)] }
        #expect(Set(ids).count == 2000)
    }

    @Test func `an event below one that is there is overtaken, and above it appended`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        let early = try await test.event(for: "ws1")
        let ahead = EventID(number: early.id.number + (day << 22))
        #expect(try await test.append([test.event(for: "ws1", as: ahead)]) == [.appended])
        #expect(try await test.append([early]) == [.overtaken])
        let again = try await test.event(for: "ws1")
        #expect(again.id > ahead)
        #expect(try await test.append([again]) == [.appended])
    }

    @Test func `an event of a stream that was delivered counts for the order as well`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        let (first, second) = (try await test.event(for: "ws1"), try await test.event(for: "ws1"))
        #expect(try await test.append([second]) == [.appended])
        for state in ["delivered", "dead"] {
            try test.database.execute("UPDATE innkeeper.event SET state = '\(state)', settled_at = 1")
            #expect(try await test.append([first]) == [.overtaken])
        }
    }

    @Test func `a number at the end of all keeps no webhook out`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        try test.database.execute("UPDATE innkeeper.event SET id = 9223372036854775807")
        #expect(try await test.append([test.event(for: "ws1")]) == [.appended])
    }

    @Test func `the inbox seals what was overtaken again, and answers when it is there`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        let early = try await test.event(for: "ws1")
        let ahead = EventID(number: early.id.number + (day << 22))
        #expect(try await test.append([test.event(for: "ws1", as: ahead)]) == [.appended])
        let template = try await test.event(for: "ws1")
        let event = InboxEvent(
            id: early.id, installation: early.installation, tokenSet: early.tokenSet,
            installationKey: early.installationKey, type: early.type, receivedAt: early.receivedAt, body: early.body,
            sealedAgain: { [store = test.store, now = test.clock.now] in
                // Its body is another's and does not open; what counts here is its place.
                InboxEvent(
                    id: store.eventIDs.next(at: now), installation: template.installation,
                    tokenSet: template.tokenSet, installationKey: template.installationKey, type: template.type,
                    receivedAt: now, body: template.body)
            })
        let inbox = Inbox(store: test.store, limits: Inbox.Limits(storedEvents: 100))
        let outcome = await withTaskGroup(of: IntakeOutcome?.self) { group in
            group.addTask {
                try? await inbox.run()
                return nil
            }
            let outcome = await withCheckedContinuation { continuation in
                inbox.append(event, on: ImmediateCompletion()) { continuation.resume(returning: $0) }
            }
            group.cancelAll()
            return outcome
        }
        guard case .committed = outcome else {
            Issue.record("committed, and not \(outcome)")
            return
        }
        let newest = try await test.store.events(matching: EventFilter(), page: PageRequest()).items.first
        #expect(try #require(newest).id > ahead)
    }

    @Test func `what is told of an end stands behind all that another process had taken`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        // Before, or it would begin above what it finds.
        let other = try test.beside()
        let ahead = EventID(number: test.store.eventIDs.next(at: test.clock.now).number + (day << 22))
        #expect(try await test.append([test.event(for: "ws1", as: ahead)]) == [.appended])
        _ = try await other.store.perform(
            test.platform.call(test.id("ws1"), .deleted, at: test.clock.now, actor: .platform, token: nil))
        let events = try await test.store.events(matching: EventFilter(), page: PageRequest()).items
        #expect(events.map(\.type) == ["addon.deleted", "NEW_TIME_ENTRY", "addon.installed"])
    }

    // MARK: One for all

    @Test func `the oldest that lives does what one does for all`() async throws {
        let test = try PostgresUnderTest()
        let (one, other) = try await test.two()
        #expect(one.store.isElected)
        #expect(!other.store.isElected)
        try test.silence(one, for: InstanceLife.silence + 500)
        try await other.serve(as: "other")
        #expect(other.store.isElected)
    }

    @Test func `what is kept is counted by one, for all`() async throws {
        let test = try PostgresUnderTest()
        let (one, other) = try await test.two()
        try await test.install("ws1")
        #expect(try await test.append([test.event(for: "ws1")]) == [.appended])
        #expect(other.store.waitingEvents == 0)
        // It counts when it has heard of another.
        try await one.serve(as: "one")
        try await one.store.count()
        try await other.serve(as: "other")
        #expect(other.store.waitingEvents == 2)
        #expect(other.store.kept(of: 1).events == 2)
    }

    @Test func `tokens are read at one rate over all`() async throws {
        let test = try PostgresUnderTest()
        let (one, other) = (try test.beside(), try test.beside())
        var waits: [Int64?] = []
        for process in [one, other, one, other] {
            waits.append(try await process.store.spendReading(by: .system, interval: 60_000, burst: 3))
        }
        #expect(waits.prefix(3) == [nil, nil, nil])
        #expect(try #require(waits[3]) > 50_000)
        #expect(try await one.store.spendReading(by: .platform, interval: 60_000, burst: 3) == nil)
    }

    // MARK: doctor

    @Test func `what is not alike is found`() async throws {
        let test = try PostgresUnderTest()
        let (one, other) = (try test.beside(), try test.beside())
        try await one.serve(as: "one", configuration: ["manifests": "a", "settings": "c"])
        try await other.serve(as: "other", configuration: ["manifests": "b", "settings": "c"])
        let found = await one.store.findings(at: .now()).first { $0.name == "instances alike" }
        #expect(found?.status == .fail)
        #expect(try #require(found).message == "manifests differ between one and other")
        try await other.serve(as: "other", configuration: ["manifests": "a", "settings": "c"])
        #expect(await one.store.findings(at: .now()).first { $0.name == "instances alike" }?.status == .ok)
    }
}
