import GRDB
import Installations
import Store
import Webhooks

extension SQLiteRows: EventWrites {
    /// One process gives out all ids, so none is overtaken.
    func append(_ events: [InboxEvent]) throws -> [Appending] {
        let appending = try EventAppending(waitingIndex, db)
        return try events.map { try appending.appendIfCurrent($0) ? .appended : .outdated }
    }

    func lease(
        _ events: [WaitingEvent], as lease: LeaseID, from now: Timestamp, until: Timestamp
    ) throws -> [Bool] {
        let length = max(0, until.milliseconds - now.milliseconds)
        return try events.map { event in
            try db.cachedStatement(sql: Self.lease).execute(arguments: [event.id.number, event.installation])
            guard db.changesCount == 1 else { return false }
            try StreamRows.hold(
                event.installation, event: event.id, until: until, length: length, lease: lease, db)
            return true
        }
    }

    private static let lease = """
        UPDATE event SET state = 'leased', attempts = \(StreamRows.attempts) + 1
        WHERE id = ?1 AND event.installation = ?2 AND \(StreamRows.isWaiting)
            AND NOT EXISTS (SELECT 1 FROM stream_hold WHERE stream_hold.installation = ?2)
        """
}
