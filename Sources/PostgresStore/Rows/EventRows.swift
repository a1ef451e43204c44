import Installations
import Marketplace
import Sealing
import Store
import Webhooks

/// Events in SQL: reading rows.
enum EventRows {
    /// The attempts of an event as they are counted on: a number that somebody wrote into the row must not run over.
    static let attempts = "least(greatest(event.attempts, 0), 1 << 30)"

    /// The length of an event's body as it is counted on, for the same reason.
    static let bytes = "least(greatest(event.bytes, 0), 1 << 30)"

    /// What the index of waiting events has.
    static let isWaiting = "event.state IN ('pending', 'leased')"

    /// The newest event of a stream, whatever became of it; NULL when it has none. One look into each index.
    static func newest(of stream: String) -> String {
        let states = [isWaiting, "event.state = 'delivered'", "event.state = 'dead'"]
        let each = states.map { state in
            """
            (SELECT max(event.id) FROM innkeeper.event
                WHERE event.installation = \(stream) AND \(state) AND event.id < \(EventID.end.number))
            """
        }
        return "greatest(\(each.joined(separator: ", ")))"
    }

    /// What lists show: 8 columns, of an event and its installation.
    static let columns = """
        event.id, event.type, event.state, addon_key, workspace_id, installation.addon_id, event.received_at,
        event.attempts
        """

    static func summary(_ row: ResultRow) throws(StoreError) -> EventSummary {
        guard let summary = summaryIfAny(row) else { throw .corruptRow(.event(row.event(0))) }
        return summary
    }

    /// The same; nil for a row that does not read.
    static func summaryIfAny(_ row: ResultRow) -> EventSummary? {
        guard let state = EventState(rawValue: row.text(2)), let owner = InstallationRows.id(row, from: 3) else {
            return nil
        }
        return EventSummary(
            id: row.event(0), type: row.text(1), state: state, installation: owner, receivedAt: row.time(6),
            attempts: row.attempts(7))
    }

    /// An event's dates: 4 columns.
    static let dates = "event.id, event.received_at, event.replayed_at, event.clock_step"

    static func dates(_ row: ResultRow, from first: Int32 = 0) -> EventDates {
        EventDates(
            id: row.event(first), receivedAt: row.time(first + 1), replayedAt: row.timeIfAny(first + 2),
            step: row.int(first + 3))
    }

    /// An event's body with all that opens it: 9 columns, of an event, its installation and the key before.
    static let body = """
        event.id, event.type, installation.number, installation.addon_key, installation.workspace_id,
        installation.addon_id, installation.wrapped_key, outgoing_key.wrapped_key, event.sealed_body
        """

    /// What `body` is read from.
    static let bodySource = """
        innkeeper.event JOIN innkeeper.installation ON installation.number = event.installation
        LEFT JOIN innkeeper.outgoing_key ON outgoing_key.installation = installation.number
        """

    static func body(_ row: ResultRow, from first: Int32 = 0) -> StoredBody {
        StoredBody(
            event: row.event(first), type: row.text(first + 1), number: row.installation(first + 2),
            owner: InstallationRows.id(row, from: first + 3), keys: row.keys(first + 6),
            sealed: row.bytesIfAny(first + 8))
    }

    /// Appends an event that the platform's call makes, in the transaction of that call.
    static func append(_ events: [LifecycleEvent]) -> Query {
        Query(
            """
            INSERT INTO innkeeper.event (id, installation, type, state, received_at, bytes, sealed_body)
            SELECT id, installation, type, 'pending', received_at, length(body), body
            FROM unnest($1::int8[], $2::int8[], $3::text[], $4::int8[], $5::bytea[])
                AS new (id, installation, type, received_at, body)
            """, Column(events.map(\.id.number)), Column(events.map(\.installation.value)), Column(events.map(\.type)),
            Column(events.map(\.receivedAt.milliseconds)), Column(events.map(\.body.bytes)))
    }
}
