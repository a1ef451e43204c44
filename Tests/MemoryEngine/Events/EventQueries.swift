import Installations
import Store
import Webhooks

/// What is asked of events again and again.
extension MemoryRows {
    /// The oldest of those, oldest first.
    func oldest(_ limit: Int = .max, where condition: (EventRow) -> Bool) -> [EventRow] {
        Array(events.values.filter(condition).sorted { $0.id < $1.id }.prefix(limit))
    }

    /// The oldest event of a stream that waits.
    func head(of stream: InstallationNumber) -> EventRow? { oldest(1) { $0.installation == stream && $0.waits }.first }

    /// The stream of an installation, when something waits and nothing holds it.
    func ready(_ stream: InstallationNumber) -> EventStream? {
        guard let event = head(of: stream), let owner = installations[stream], holds[stream] == nil else { return nil }
        return EventStream(installation: stream, addonKey: owner.id.addonKey, hasFailed: event.attempts > 0)
    }

    /// What holds a stream back because of this event.
    func hold(by event: EventRow) -> HoldRow? {
        holds[event.installation].flatMap { $0.event == event.id ? $0 : nil }
    }

    /// Whether an installation has ended and nothing needs its key but these events. Dead letters need it: they can be read and
    /// replayed until they are cleared away.
    func isLast(of stream: InstallationNumber, _ last: Set<EventID>) -> Bool {
        guard let owner = installations[stream], owner.endedAt != nil, owner.key != nil else { return false }
        return !events.values.contains { event in
            event.installation == stream && (event.waits || event.state == .dead) && !last.contains(event.id)
        }
    }

    func summary(_ event: EventRow) -> EventSummary? {
        installations[event.installation].map { owner in
            EventSummary(
                id: event.id, type: event.type, state: event.state, installation: owner.id,
                receivedAt: event.receivedAt, attempts: event.attempts)
        }
    }

    func body(of event: EventRow) -> StoredBody {
        let owner = installations[event.installation]
        return StoredBody(
            event: event.id, type: event.type, number: event.installation, owner: owner?.id,
            keys: owner.flatMap(keys),
            sealed: event.body)
    }
}

extension EventRow {
    /// It as one that is kept.
    var kept: KeptEvent { KeptEvent(id: id, stream: installation, bytes: body?.count ?? 0) }
}
