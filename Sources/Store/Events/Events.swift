package import Installations
import Sealing
package import Webhooks

extension Store: EventStore {
    package func append(_ events: [InboxEvent]) throws(StoreError) -> [AppendOutcome] {
        let outcomes = try appendOnce(events)
        arrivals.note(events.indices.filter { outcomes[$0] == .appended }.map { events[$0].installation })
        return outcomes
    }

    private func appendOnce(_ events: [InboxEvent]) throws(StoreError) -> [AppendOutcome] {
        do throws(StoreError) {
            return try commit(events)
        } catch {
            noteUnknown(error)
            throw error
        }
    }

    private func commit(_ events: [InboxEvent]) throws(StoreError) -> [AppendOutcome] {
        try engine.transactBlocking { writes in
            var outcomes = [AppendOutcome](repeating: .withdrawn, count: events.count)
            let claimed = events.indices.filter { events[$0].ticket?.begin() ?? true }
            let batch = claimed.count == events.count ? events : claimed.map { events[$0] }
            for (index, appending) in zip(claimed, try writes.append(batch)) {
                outcomes[index] = AppendOutcome(appending)
                if case .overtaken(let newest) = appending { eventIDs.pass(newest) }
            }
            return outcomes
        }
    }

    package var waitingEvents: Int { engine.waitingEvents }
    package var kept: KeptEvents { engine.kept }
    package var hasSpace: Bool { engine.hasSpace }

    package func kept(of installation: InstallationNumber) -> KeptEvents { engine.kept(of: installation) }

    package func events(
        matching filter: EventFilter, page: PageRequest
    ) async throws(StoreError) -> Page<EventSummary> {
        try await read { reads in try reads.events(matching: filter, page: page) }
    }

    package func event(_ id: EventID) async throws(StoreError) -> EventSummary? {
        try await read { reads in try reads.events([id]).first?.summary }
    }

    package func eventDetail(_ id: EventID) async throws(StoreError) -> EventDetail? {
        try await read { reads in
            guard let event = try reads.events([id]).first else { return nil }
            return EventDetail(
                summary: event.summary, nextAttemptAt: event.heldUntil, lastFailure: event.failure,
                settledAt: event.settledAt, replayedAt: event.dates.replayedAt,
                waitsSince: try reads.clock().steps.waitsSince(event.dates))
        }
    }

    package func eventBody(_ id: EventID, actor: Actor, at: Timestamp) async throws(StoreError) -> [UInt8]? {
        try await write { [tools] writes in
            let stored = try writes.bodies(of: [id]).first { $0.keys != nil && $0.sealed != nil }
            let entry = AuditEntry(
                at: at, actor: actor.text, action: AuditAction.readEventBody.rawValue, installation: stored?.owner,
                subject: id.text, outcome: stored == nil ? "refused: unknown or settled" : "given")
            let body = try stored?.open(by: tools.vault)
            try writes.apply([.record(entry)], by: tools)
            return body?.expose("an operator asked for the body of an event") { bytes in [UInt8](bytes) }
        }
    }
}

extension AppendOutcome {
    fileprivate init(_ appending: Appending) {
        switch appending {
        case .appended: self = .appended
        case .outdated: self = .outdated
        case .overtaken: self = .overtaken
        }
    }
}
