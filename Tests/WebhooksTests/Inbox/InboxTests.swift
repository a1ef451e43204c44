import Installations
import Marketplace
import SQLiteStore
import Sealing
import Store
import Synchronization
import TestSupport
import Testing

@testable import Webhooks

@Suite struct InboxTests {
    @Test func `two hundred webhooks at once are all committed, in far fewer transactions`() async throws {
        let deployment = try await TestDeployment()
        let id = try deployment.platform.id()
        _ = try await deployment.install(id)
        let token = try deployment.platform.webhookToken(id, "/webhooks/time")
        try await deployment.running { () async throws in
            #expect(try await deployment.webhook(token).word == "accepted")
            try await withThrowingTaskGroup(of: String.self) { tasks in
                for _ in 0..<200 { tasks.addTask { try await deployment.webhook(token).word } }
                for try await word in tasks { #expect(word == "accepted") }
            }
        }
        #expect(deployment.test.store.waitingEvents == 202)
    }

    @Test func `an accepted webhook is in the store before its answer`() async throws {
        let deployment = try await TestDeployment()
        let id = try deployment.platform.id()
        _ = try await deployment.install(id)
        let token = try deployment.platform.webhookToken(id, "/webhooks/time")
        try await deployment.running { () async throws in
            for count in 2...20 {
                #expect(try await deployment.webhook(token).word == "accepted")
                #expect(deployment.test.store.waitingEvents == count)
            }
        }
    }

    @Test func `beyond the stored limit webhooks are turned away and nothing is committed`() async throws {
        let deployment = try await TestDeployment(limits: Inbox.Limits(storedEvents: 3))
        let id = try deployment.platform.id()
        _ = try await deployment.install(id)
        let token = try deployment.platform.webhookToken(id, "/webhooks/time")
        // The install itself waits as an event.
        try await deployment.running { () async throws in
            for word in ["accepted", "accepted", "full", "full"] {
                #expect(try await deployment.webhook(token).word == word)
            }
        }
        #expect(deployment.test.store.waitingEvents == 3)
    }

    @Test func `the queue in memory is bounded by number and by bytes`() async throws {
        for limits in [bounded { $0.queuedEvents = 2 }, bounded { $0.queuedBytes = 300 }] {
            let deployment = try await TestDeployment(limits: limits)
            let id = try deployment.platform.id()
            _ = try await deployment.install(id)
            _ = try await deployment.loader.load(id)
            let token = try deployment.platform.webhookToken(id, "/webhooks/time")
            let admission = deployment.receiver.admit(try deployment.route(), signature: token, event: "NEW_TIME_ENTRY")
            let full = Mutex(0)
            // Nobody commits here, so what is taken stays in the queue.
            for _ in 0..<5 {
                deployment.receiver.receive(
                    admission, body: Array(#"{"note":"0123456789012345678901234567890123456789"}"#.utf8)
                ) {
                    if case .full = $0 { full.withLock { $0 += 1 } }
                }
            }
            #expect(full.withLock { $0 } == 3)
        }
    }

    @Test func `what waits is committed in its order, a batch at a time, and each is told its own outcome`()
        async throws
    {
        let store = Recorder()
        let inbox = Inbox(store: store, limits: bounded { $0.batch = 3 })
        let told = Mutex<[Int64: Bool]>([:])
        let context = try TestPlatform().id().context(.settings)
        let body = InstallationKey.random().seal([1], in: context)
        for number in Int64(1)...8 {
            let event = InboxEvent(
                id: EventID(number: number), installation: 1, tokenSet: 1, installationKey: .random(), type: "x",
                receivedAt: Timestamp(milliseconds: 0), body: body)
            inbox.append(event, on: ImmediateCompletion()) { outcome in
                if case .committed = outcome { told.withLock { $0[number] = true } }
                if case .outdated = outcome { told.withLock { $0[number] = false } }
            }
        }
        #expect(inbox.depth == 8)
        let run = Task { try await inbox.run() }
        run.cancel()
        try await run.value
        #expect(store.batches.withLock { $0 } == [[1, 2, 3], [4, 5, 6], [7, 8]])
        #expect(told.withLock { $0 } == Dictionary(uniqueKeysWithValues: (1...8).map { ($0, $0 % 3 == 0) }))
        #expect(inbox.depth == 0)
    }

    @Test func `what was accepted before the shutdown is committed by it`() async throws {
        let deployment = try await TestDeployment()
        let admission = try await admission(in: deployment)
        for _ in 0..<5 { deployment.receiver.receive(admission, body: Array("{}".utf8)) { _ in } }
        let run = Task { try await deployment.inbox.run() }
        run.cancel()
        try await run.value
        #expect(deployment.test.store.waitingEvents == 6)
    }

    @Test func `after the shutdown nothing more is taken`() async throws {
        let deployment = try await TestDeployment()
        let admission = try await admission(in: deployment)
        let run = Task { try await deployment.inbox.run() }
        run.cancel()
        try await run.value
        let answers = Mutex(0)
        deployment.receiver.receive(admission, body: Array("{}".utf8)) {
            if case .full = $0 { answers.withLock { $0 += 1 } }
        }
        #expect(answers.withLock { $0 } == 1, "answered at once, since nobody commits any more")
        #expect(deployment.test.store.waitingEvents == 1)
    }

    @Test func `a webhook that is withdrawn while it waits for the writer is never in the store`() async throws {
        let held = HeldWriter()
        let deployment = try await TestDeployment(over: TestStore(probe: held.probe))
        let admission = try await admission(in: deployment)
        let clock = deployment.clock
        let rewrap = try await held.hold(deployment.test, now: { clock.now })
        defer { held.release() }
        try await deployment.running { () async throws in
            let tickets = (0..<3).map { _ in WriteTicket() }
            let (answers, answer) = AsyncStream.makeStream(of: (index: Int, word: String).self)
            for (index, ticket) in tickets.enumerated() {
                deployment.receiver.receive(admission, body: Array("{}".utf8), ticket: ticket) {
                    answer.yield((index, $0.word))
                }
                // The first is in the writer's hands, who waits for the connection; the others wait behind it.
                while index == 0, deployment.inbox.depth > 0 { await Task.yield() }
            }
            #expect(tickets[0].withdraw() && tickets[2].withdraw())
            #expect(!tickets[0].withdraw())
            held.release()
            var words = ["", "", ""]
            var told = 0
            for await (index, word) in answers {
                words[index] = word
                told += 1
                if told == 3 { break }
            }
            #expect(words == ["unavailable", "accepted", "unavailable"])
            #expect(!tickets[1].withdraw())
            try await rewrap.value
        }
        // Its own, and the one of the install.
        #expect(deployment.test.store.waitingEvents == 2)
        #expect(try await deployment.test.store.events(matching: EventFilter(), page: PageRequest()).items.count == 2)
    }

    @Test func `a webhook whose tokens were replaced is judged again, unless it is withdrawn before`() async throws {
        let deployment = try await TestDeployment()
        let admission = try await admission(in: deployment)
        let id = try deployment.platform.id()
        // The same tokens once more: the directory is behind, and the second try accepts.
        _ = try await deployment.test.store.perform(
            deployment.platform.call(id, try deployment.platform.install(id), at: deployment.clock.now))
        try await deployment.running { () async throws in
            for isLate in [false, true] {
                let ticket = WriteTicket()
                if isLate {
                    // The deadline passes while its first try is in a transaction.
                    #expect(ticket.begin())
                    #expect(!ticket.withdraw())
                }
                let word = await withCheckedContinuation { continuation in
                    deployment.receiver.receive(admission, body: Array("{}".utf8), ticket: ticket) {
                        continuation.resume(returning: $0.word)
                    }
                }
                #expect(word == (isLate ? "unavailable" : "accepted"))
            }
        }
        #expect(deployment.test.store.waitingEvents == 3)
    }

    /// A webhook that the token directory accepts without asking the store.
    private func admission(in deployment: TestDeployment) async throws -> WebhookAdmission {
        let id = try deployment.platform.id()
        _ = try await deployment.install(id)
        _ = try await deployment.loader.load(id)
        let token = try deployment.platform.webhookToken(id, "/webhooks/time")
        return deployment.receiver.admit(try deployment.route(), signature: token, event: "NEW_TIME_ENTRY")
    }

    private func bounded(_ change: (inout Inbox.Limits) -> Void) -> Inbox.Limits {
        var limits = Inbox.Limits(storedEvents: 1000)
        change(&limits)
        return limits
    }
}

/// Remembers what it was asked to append, and keeps every third event.
private final class Recorder: EventStore {
    let batches = Mutex<[[Int64]]>([])
    var waitingEvents: Int { 0 }
    var kept: KeptEvents { KeptEvents() }
    var hasSpace: Bool { true }

    func kept(of installation: InstallationNumber) -> KeptEvents { KeptEvents() }

    func append(_ events: [InboxEvent]) throws(StoreError) -> [AppendOutcome] {
        batches.withLock { $0.append(events.map(\.id.number)) }
        return events.map { $0.id.number % 3 == 0 ? .appended : .outdated }
    }

    func events(matching filter: EventFilter, page: PageRequest) async throws(StoreError) -> Page<EventSummary> {
        Page(surplus: [], limit: page.limit, position: \.id.number)
    }

    func event(_ id: EventID) async throws(StoreError) -> EventSummary? { nil }

    func eventBody(_ id: EventID, actor: Actor, at: Timestamp) async throws(StoreError) -> [UInt8]? { nil }
}
