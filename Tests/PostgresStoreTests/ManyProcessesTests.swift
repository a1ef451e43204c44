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

    // MARK: Ids and time

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

    // MARK: Streams

    private let stream: InstallationNumber = 1

    @Test func `a stream is pushed by one process, until that has nothing more of it`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        #expect(try await test.append([test.event(for: "ws1")]) == [.appended])
        let (one, other) = (try test.beside(), try test.beside())
        try await one.serve(as: "one")
        try await other.serve(as: "other")

        let first = try #require(try await one.take(stream))
        #expect(try await other.take(stream) == nil)
        #expect(try await one.settle(first)?.hasMore == true)
        #expect(try await other.take(stream) == nil)
        let second = try #require(try await one.take(stream))
        #expect(first.id < second.id)
        #expect(try await one.settle(second)?.hasMore == false)

        #expect(try await test.append([test.event(for: "ws1")]) == [.appended])
        #expect(try await other.take(stream) != nil)
        #expect(try await one.take(stream) == nil)
    }

    @Test func `a stream that waits for a retry is anybody's afterwards`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        let (one, other) = (try test.beside(), try test.beside())
        try await one.serve(as: "one")
        try await other.serve(as: "other")
        let event = try #require(try await one.take(stream))
        let later = Timestamp(milliseconds: Timestamp.now().milliseconds + 5_000)
        #expect(try await one.settle(event, .retry(at: later, .timeout))?.isApplied == true)
        #expect(try await other.take(stream) == nil)
        let end = Timestamp(milliseconds: later.milliseconds + 1)
        let ended = try await other.store.endHolds(at: end, limit: 10, schedule: RetrySchedule())
        #expect(ended.streams.map(\.installation) == [stream])
        #expect(try await other.take(stream)?.id == event.id)
    }

    @Test func `the streams of one that is silent are taken over, and it settles nothing of them`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        let (one, other) = (try test.beside(), try test.beside())
        try await one.serve(as: "one")
        try await other.serve(as: "other")
        let event = try #require(try await one.take(stream))

        try silence(one, for: InstanceLife.claims - 2_000, in: test)
        #expect(try await other.take(stream) == nil)
        try silence(one, for: InstanceLife.claims + 1_000, in: test)
        #expect(try await other.take(stream)?.id == event.id)

        #expect(try await one.settle(event)?.isApplied == false)
        #expect(try await test.store.event(event.id)?.state == .pending)
        #expect(try await other.settle(event)?.isApplied == true)
    }

    @Test func `whoever is gone is found out, and all streams are looked for`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        let (one, other) = (try test.beside(), try test.beside())
        try await one.serve(as: "one")
        try await other.serve(as: "other")
        _ = try await one.take(stream)
        #expect(try await other.store.readyStreams(after: 0, limit: 10).streams.isEmpty)
        _ = other.store.called.drain()
        try silence(one, for: InstanceLife.claims + 1_000, in: test)
        try await other.serve(as: "other")
        #expect(other.store.called.drain().isShort)
        #expect(try await other.store.readyStreams(after: 0, limit: 10).streams.map(\.installation) == [stream])
    }

    @Test func `whoever leaves leaves its streams at once`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        let (one, other) = (try test.beside(), try test.beside())
        try await one.serve(as: "one")
        try await other.serve(as: "other")
        #expect(try await one.take(stream) != nil)
        await one.store.leave()
        #expect(try await other.take(stream) != nil)
    }

    @Test func `an event that comes where its stream is not pushed is told to all`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        let (one, other) = (try test.beside(), try test.beside())
        try await one.serve(as: "one")
        try await other.serve(as: "other")
        let heard = try await one.store.exchangeCalls(after: nil)
        #expect(try await one.take(stream) != nil)
        #expect(try await other.take(stream) == nil)
        _ = try await other.store.exchangeCalls(after: nil)
        _ = try await one.store.exchangeCalls(after: heard)
        #expect(one.store.called.drain().streams == [stream])
        #expect(other.store.called.drain().streams.isEmpty)
    }

    // MARK: One for all

    @Test func `the oldest that lives does what one does for all`() async throws {
        let test = try PostgresUnderTest()
        let (one, other) = (try test.beside(), try test.beside())
        try await one.serve(as: "one")
        try await other.serve(as: "other")
        #expect(one.store.isElected)
        #expect(!other.store.isElected)
        try silence(one, for: InstanceLife.silence + 500, in: test)
        try await other.serve(as: "other")
        #expect(other.store.isElected)
    }

    @Test func `what is kept is counted by one, for all`() async throws {
        let test = try PostgresUnderTest()
        let (one, other) = (try test.beside(), try test.beside())
        try await one.serve(as: "one")
        try await other.serve(as: "other")
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

    // MARK: Keys

    private var holder: KeyWorkHolder {
        KeyWorkHolder(command: "keys rotate", actor: .local(userID: 7), processID: 12, since: .now())
    }

    @Test func `long work on keys is done by one at a time, and who does it is named`() async throws {
        let test = try PostgresUnderTest()
        let (one, other) = (try test.beside(), try test.beside())
        #expect(try await one.store.beginKeyWork(holder) == nil)
        let found = try #require(try await other.store.beginKeyWork(holder))
        #expect(found.command == "keys rotate" && found.actor == .local(userID: 7) && found.processID == 12)
        await one.store.endKeyWork()
        #expect(try await other.store.beginKeyWork(holder) == nil)
        await other.store.endKeyWork()
    }

    @Test func `a key is promoted when all have loaded it, and who has not is named`() async throws {
        let test = try PostgresUnderTest()
        let (one, other) = (try test.beside(), try test.beside())
        try await one.serve(as: "one")
        try await other.serve(as: "other")
        let key = StorageKey.random()
        try one.keyring.add(key)
        try await one.store.addStorageKey(key, actor: .system, at: .now())
        try await one.serve(as: "one")
        func promote() async throws -> Result<StorageKeyRecord, StorageKeyRefusal> {
            try await one.store.advance(key.id, by: .promote, immediately: false, actor: .system, at: .now())
        }
        guard case .failure(.notLoaded(key.id, by: ["other"])) = try await promote() else {
            Issue.record("the other has not loaded it")
            return
        }
        try await other.serve(as: "other")
        guard case .success = try await promote() else {
            Issue.record("all have loaded it")
            return
        }
    }

    @Test func `a key that was destroyed is unloaded and deleted by all`() async throws {
        let test = try PostgresUnderTest()
        let (one, other) = (try test.beside(), try test.beside())
        let key = StorageKey.random()
        try one.keyring.add(key)
        try await one.store.addStorageKey(key, actor: .system, at: .now())
        #expect(try await other.store.adoptStorageKeys().loaded.contains(key.id))
        for step in [StorageKeyStep.retire, .destroy] {
            let taken = try await one.store.advance(key.id, by: step, immediately: true, actor: .system, at: .now())
            guard case .success = taken else {
                Issue.record("\(step) is allowed")
                return
            }
        }
        let adopted = try await other.store.adoptStorageKeys()
        #expect(!adopted.loaded.contains(key.id) && !adopted.files.contains(key.id))
        #expect(!other.keyring.hasFile(of: key.id))
    }

    @Test func `an INSTALLED that meets a key which another process has just promoted is not lost`() async throws {
        let test = try PostgresUnderTest()
        let (one, other) = (try test.beside(), try test.beside())
        let key = StorageKey.random()
        try one.keyring.add(key)
        try await one.store.addStorageKey(key, actor: .system, at: .now())
        let promoted = try await one.store.advance(
            key.id, by: .promote, immediately: false, actor: .system, at: .now())
        guard case .success = promoted else {
            Issue.record("nobody serves who has not loaded it")
            return
        }
        let id = try test.id("ws1")
        let call = test.platform.call(
            id, try test.platform.install(id, tokens: "first"), at: test.clock.now, actor: .platform, token: nil)
        #expect(try await other.store.perform(call) == .create)
    }

    @Test func `who lacks a key that is in use takes no streams`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        let (one, other) = (try test.beside(), try test.beside())
        let key = StorageKey.random()
        try one.keyring.add(key)
        try await one.store.addStorageKey(key, actor: .system, at: .now())
        guard
            case .success = try await one.store.advance(
                key.id, by: .promote, immediately: false, actor: .system, at: .now())
        else { return }
        try test.removeFile(of: key.id)
        #expect(try await other.store.adoptStorageKeys().needed == [key.id])
        await #expect(throws: StoreError.self) { _ = try await other.take(stream) }
        #expect(try await one.take(stream) != nil)
    }

    @Test func `what cannot be opened here ends no lease that was given elsewhere`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        let (one, other) = (try test.beside(), try test.beside())
        guard case .event(let event)? = try await one.store.heads(of: [stream], bytes: 1 << 20).first else {
            Issue.record("it waits")
            return
        }
        let (lease, now) = (LeaseID.random(), Timestamp.now())
        let until = Timestamp(milliseconds: now.milliseconds + 60_000)
        #expect(try await other.store.lease([event], as: lease, from: now, until: until).count == 1)
        _ = try await one.store.settle([Settlement(event: event.id, change: .postponed(until: until), at: now)])
        let acknowledged = try await other.store.settle([
            Settlement(event: event.id, change: .delivered, lease: lease, at: now)
        ])
        #expect(acknowledged.map(\.isApplied) == [true])
    }

    @Test func `what was committed and nobody was told is looked for`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        let event = try await test.event(for: "ws1")
        _ = test.store.called.drain()
        // A warning beside the answer is how the server tells that it may be lost with it.
        let warning = try AtCommit("RAISE WARNING 'not replicated';", in: test.database)
        defer { withExtendedLifetime(warning) {} }
        await #expect(throws: StoreError.self) { _ = try await test.append([event]) }
        #expect(test.store.called.drain().isShort)
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

    private func silence(
        _ process: PostgresUnderTest.Process, for milliseconds: Int64, in test: PostgresUnderTest
    ) throws {
        try test.database.execute(
            """
            UPDATE innkeeper.instance SET seen_at = \(ServerClock.shown) - \(milliseconds)
            WHERE epoch = \(process.engine.epoch.value)
            """)
    }
}
