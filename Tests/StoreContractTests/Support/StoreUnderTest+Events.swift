import Dispatch
import Installations
import Marketplace
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

extension StoreUnderTest {
    /// A webhook of an installation that nobody has appended yet.
    func event(_ body: String = "{}", for workspace: String = "ws1") async throws -> InboxEvent {
        let id = try id(workspace)
        let credentials = try #require(try await store.credentials(of: id))
        let key = try store.vault.openKey(credentials.wrappedKey, of: id, number: credentials.number)
        let event = store.eventIDs.next(at: now)
        return InboxEvent(
            id: event, installation: credentials.number, tokenSet: credentials.tokenSet, installationKey: key.id,
            type: "NEW_TIME_ENTRY", receivedAt: now,
            body: key.seal(Array(body.utf8), in: id.context(.event(event, type: "NEW_TIME_ENTRY"))))
    }

    /// Appends on a thread of its own, as the inbox does.
    func append(_ events: [InboxEvent]) async throws(StoreError) -> [AppendOutcome] {
        try await withCheckedContinuation { [store] continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    returning: Result { () throws(StoreError) in try store.append(events) })
            }
        }.get()
    }

    /// Appends events. Returns their ids.
    @discardableResult
    func append(_ bodies: String..., to workspace: String = "ws1") async throws -> [EventID] {
        var events: [InboxEvent] = []
        for body in bodies { events.append(try await event(body, for: workspace)) }
        #expect(try await append(events).allSatisfy { $0 == .appended })
        return events.map(\.id)
    }

    /// Appends so many events, all alike and in one batch: nobody opens them.
    func append(contentsOf count: Int, to workspace: String) async throws {
        let one = try await event(for: workspace)
        let events = (0..<count).map { _ in
            InboxEvent(
                id: store.eventIDs.next(at: now), installation: one.installation, tokenSet: one.tokenSet,
                installationKey: one.installationKey, type: one.type, receivedAt: now, body: one.body)
        }
        #expect(try await append(events).allSatisfy { $0 == .appended })
    }

    /// A SETTINGS_UPDATED. Returns its event, which waits.
    func updateSettings(_ settings: [UInt8], _ workspace: String = "ws1") async throws -> EventID {
        _ = try await store.perform(
            LifecycleCall(
                id: try id(workspace), change: .settingsUpdated(SecretBytes(settings)), payload: settings,
                receivedAt: now, actor: .platform, token: nil))
        return try #require(try await events().first).id
    }

    /// The newest events.
    func events(_ filter: EventFilter = EventFilter()) async throws -> [EventSummary] {
        try await store.events(matching: filter, page: PageRequest()).items
    }

    /// The event at the head of a stream; nil when there is none or something holds it.
    func head(_ stream: InstallationNumber) async throws -> WaitingEvent? {
        guard case .event(let event)? = try await store.heads(of: [stream], bytes: 1 << 20).first else { return nil }
        return event
    }

    /// Settles the head of a stream as a forwarder does. Returns its id.
    @discardableResult
    func settleHead(_ stream: InstallationNumber, _ change: Settlement.Change) async throws -> EventID {
        let event = try #require(try await head(stream))
        let result = try await store.settle([
            Settlement(event: event.id, change: change, at: now)
        ])
        #expect(result.map(\.isApplied) == [true])
        return event.id
    }

    /// Leases the head of a stream.
    func leaseHead(_ stream: InstallationNumber, seconds: Int64 = 60) async throws -> (event: EventID, lease: LeaseID) {
        let event = try #require(try await head(stream))
        let lease = LeaseID.random()
        let leased = try await store.lease([event], as: lease, from: now, until: later(seconds))
        #expect(leased.map(\.id) == [event.id])
        return (event.id, lease)
    }

    /// Settles a leased event.
    func settle(_ held: (event: EventID, lease: LeaseID), _ change: Settlement.Change) async throws -> Bool {
        try await store.settle([
            Settlement(event: held.event, change: change, lease: held.lease, at: now)
        ]).first?.isApplied ?? false
    }

    @discardableResult
    func endHolds(limit: Int = 10) async throws -> EndedHolds {
        try await store.endHolds(at: now, limit: limit, schedule: RetrySchedule())
    }

    func replay(_ event: EventID) async throws -> ReplayAnswer {
        try await store.replay(event, actor: .local(userID: 7), at: now)
    }

    func state(_ event: EventID) async throws -> EventState? { try await store.event(event)?.state }

    func body(_ event: EventID) async throws -> [UInt8]? {
        try await store.eventBody(event, actor: .system, at: now)
    }
}
