import Installations
import Sealing
import Store
import Webhooks

extension MemoryTransaction: EventWrites {
    func append(_ events: [InboxEvent]) throws -> [Appending] {
        count()
        return try events.map { event in
            guard let owner = rows.installations[event.installation], owner.tokenSet == event.tokenSet,
                owner.key?.id == event.installationKey, owner.endedAt == nil
            else { return .outdated }
            try rows.insert(
                EventRow(
                    id: event.id, installation: event.installation, type: event.type, receivedAt: event.receivedAt,
                    body: event.body.bytes))
            return .appended
        }
    }

    func lease(_ events: [WaitingEvent], as lease: LeaseID, from now: Timestamp, until: Timestamp) throws -> [Bool] {
        count()
        let length = max(0, until.milliseconds - now.milliseconds)
        return try events.map { event in
            guard let row = rows.events[event.id], row.installation == event.installation, row.waits,
                rows.holds[event.installation] == nil
            else { return false }
            rows.events.update(event.id) { event in
                event.state = .leased
                event.count(1)
            }
            try rows.hold(
                event.installation, HoldRow(event: event.id, until: until, length: length, lease: lease.text))
            return true
        }
    }
}
