import Installations
import Marketplace
import SQLiteStore
import Sealing
import Store
import Synchronization
import TestSupport
import Testing

@testable import Webhooks

@Suite(.timeLimit(.minutes(1))) struct InboxBoundTests {
    @Test func `the last quarter is for those who hold under one percent`() {
        let bound = SharedBound(limit: 1000)
        #expect(bound.judge(1, beside: 749, own: 749) == .fits)
        #expect(bound.judge(1, beside: 750, own: 750) == .overShare)
        #expect(bound.judge(1, beside: 750, own: 10) == .overShare)
        #expect(bound.judge(1, beside: 750, own: 9) == .fits)
        #expect(bound.judge(1, beside: 999, own: 0) == .fits)
        #expect(bound.judge(1, beside: 1000, own: 0) == .full)
        // A body of more than one percent finds a place when it is the only one.
        #expect(bound.judge(200, beside: 700, own: 0) == .fits)
        #expect(bound.judge(200, beside: 700, own: 10) == .overShare)
        #expect(bound.judge(301, beside: 700, own: 0) == .full)
        #expect(SharedBound(limit: .max).judge(1, beside: 1 << 60, own: 1 << 60) == .fits)
        #expect(SharedBound(limit: 0).judge(1, beside: 0, own: 0) == .full)
    }

    @Test func `every bound has a word of its own`() {
        #expect(Set(InboxBound.allCases.map(\.rawValue)).count == InboxBound.allCases.count)
    }

    /// An inbox over what a test says of the store, in which nobody commits.
    private final class Store: EventStore {
        struct State {
            var kept = KeptEvents()
            var keptOf: [InstallationNumber: KeptEvents] = [:]
            var hasSpace = true
            var appended = 0
        }

        let state = Mutex(State())
        var waitingEvents: Int { 0 }
        var kept: KeptEvents { state.withLock { $0.kept } }
        var hasSpace: Bool { state.withLock { $0.hasSpace } }

        func kept(of installation: InstallationNumber) -> KeptEvents {
            state.withLock { $0.keptOf[installation] ?? KeptEvents() }
        }

        func append(_ events: [InboxEvent]) throws(StoreError) -> [AppendOutcome] {
            state.withLock { state in
                state.appended += events.count
                for event in events {
                    let size = KeptEvents(events: 1, bytes: event.body.bytes.count)
                    state.kept += size
                    state.keptOf[event.installation, default: KeptEvents()] += size
                }
            }
            return events.map { _ in .appended }
        }

        func events(matching filter: EventFilter, page: PageRequest) async throws(StoreError) -> Page<EventSummary> {
            Page(surplus: [], limit: page.limit, position: \.id.number)
        }
        func event(_ id: EventID) async throws(StoreError) -> EventSummary? { nil }
        func eventBody(_ id: EventID, actor: Actor, at: Timestamp) async throws(StoreError) -> [UInt8]? { nil }
    }

    private struct Bed {
        let store = Store()
        let inbox: Inbox
        private let context = try? TestPlatform().id().context(.settings)
        private let key = InstallationKey.random()

        init(_ change: (inout Inbox.Limits) -> Void) {
            var limits = Inbox.Limits(storedEvents: 1_000_000)
            change(&limits)
            inbox = Inbox(store: store, limits: limits)
        }

        /// Sends one event. Returns the bound it met at once, or nil.
        func send(_ installation: InstallationNumber, bytes: Int = 1) throws -> InboxBound? {
            let found = Mutex<InboxBound?>(nil)
            let event = InboxEvent(
                id: EventID(number: .random(in: 1...(.max))), installation: installation, tokenSet: 1,
                installationKey: .random(), type: "x", receivedAt: Timestamp(milliseconds: 0),
                body: key.seal([UInt8](repeating: 1, count: bytes), in: try #require(context)))
            inbox.append(event, on: ImmediateCompletion()) { outcome in
                if case .full(let bound) = outcome { found.withLock { $0 = bound } }
            }
            return found.withLock { $0 }
        }

        func commitAll() async throws {
            let run = Task { try await inbox.run() }
            run.cancel()
            try await run.value
        }
    }

    @Test func `what one installation queues leaves a place for another, by number and by bytes`() throws {
        for (bed, bytes) in [(Bed { $0.queuedEvents = 400 }, 1), (Bed { $0.queuedBytes = 400_000 }, 1000)] {
            var taken = 0
            while try bed.send(1, bytes: bytes) == nil { taken += 1 }
            #expect((250...300).contains(taken))
            #expect(try bed.send(1, bytes: bytes) == .queueShare)
            #expect(try bed.send(2, bytes: bytes) == nil)
            // Many others, each of which has little, fill the rest.
            for other in InstallationNumber(3)...500 where try bed.send(other, bytes: bytes) == .queue { return }
            Issue.record("the queue has no end")
        }
    }

    @Test func `one installation that fills the inbox leaves a place for another, by number and by bytes`() throws {
        for (bed, bytes) in [
            (Bed { $0.storedEvents = 400 }, 1), (Bed { $0.storedBytes = 400_000 }, 1000),
        ] {
            // Nobody commits: what is queued counts.
            while try bed.send(1, bytes: bytes) == nil {}
            #expect(try bed.send(1, bytes: bytes) == .share)
            #expect(try bed.send(2, bytes: bytes) == nil)
            bed.store.state.withLock { $0.kept = KeptEvents(events: 400, bytes: 400_000) }
            #expect(try bed.send(3, bytes: bytes) == (bytes == 1 ? .events : .bytes))
        }
    }

    @Test func `what the store keeps and what is queued count together, and committed events once`() async throws {
        let bed = Bed { $0.storedEvents = 10 }
        bed.store.state.withLock { $0.kept = KeptEvents(events: 5) }
        for _ in 0..<3 { #expect(try bed.send(1) == nil) }
        #expect(try bed.send(1) == .share)
        #expect(try bed.send(2) == nil)
        #expect(try bed.send(3) == nil)
        #expect(try bed.send(4) == .events)
        try await bed.commitAll()
        #expect(bed.store.kept.events == 10)
        #expect(try bed.send(5) == .stopping)
    }

    @Test func `with too little space nothing is taken, and nothing that was queued is written`() async throws {
        let bed = Bed { _ in }
        #expect(try bed.send(1) == nil)
        bed.store.state.withLock { $0.hasSpace = false }
        #expect(try bed.send(1) == .disk)
        try await bed.commitAll()
        #expect(bed.store.state.withLock { $0.appended } == 0)
    }

    @Test func `one workspace at its bound, dead letters and all, leaves another's webhooks accepted`() async throws {
        var limits = Inbox.Limits(storedEvents: 40)
        limits.batch = 1
        let deployment = try await TestDeployment(limits: limits)
        let (one, other) = (try deployment.platform.id("ws1"), try deployment.platform.id("ws2"))
        for id in [one, other] { _ = try await deployment.install(id) }
        let tokens = try [one, other].map { try deployment.platform.webhookToken($0, "/webhooks/time") }
        let store = deployment.test.store
        try await deployment.running { () async throws in
            while try await deployment.webhook(tokens[0]).word == "accepted" {}
            #expect(store.kept.events == 30)
            let number = try #require(try await store.credentials(of: one)).number
            // Given up, they are kept as before; delivered, they are not.
            while case .event(let event)? = try await store.heads(of: [number], bytes: 1 << 20).first {
                _ = try await store.settle([
                    Settlement(
                        event: event.id, change: .dead(.status(404)), at: deployment.clock.now)
                ])
            }
            #expect(store.kept.events == 30 && store.waitingEvents == 1)
            #expect(try await deployment.webhook(tokens[0]).word == "full")
            // It has its `addon.installed`, which is one percent already.
            let second = try #require(try await store.credentials(of: other)).number
            guard case .event(let event)? = try await store.heads(of: [second], bytes: 1 << 20).first else {
                Issue.record("the install waits")
                return
            }
            _ = try await store.settle([
                Settlement(event: event.id, change: .delivered, at: deployment.clock.now)
            ])
            _ = try await store.replayDead(
                DeadFilter(), after: nil, limit: 100, actor: .system, at: deployment.clock.now)
            #expect(store.kept.events == 29 && store.waitingEvents == 29)
            #expect(try await deployment.webhook(tokens[0]).word == "accepted")
            #expect(try await deployment.webhook(tokens[0]).word == "full")
            #expect(try await deployment.webhook(tokens[1]).word == "accepted")
        }
        #expect(store.kept.bytes > 0)
    }
}
