import GRDB
import Installations
import Marketplace
import Sealing
import Store
import Webhooks

/// Inbox events in SQL.
enum EventRows {
    /// An event's body with all that opens it. The row has the event's `id`, `type` and `sealed_body` and, of its installation,
    /// `number`, the full key and the key columns.
    static func body(_ row: Row) -> StoredBody {
        StoredBody(
            event: EventID(number: row["id"]), type: row["type"], number: row["number"],
            owner: InstallationRows.id(row["addon_key"], row["workspace_id"], row["addon_id"]), keys: StoredKeys(row),
            sealed: row.bytesIfAny("sealed_body"))
    }

    /// An event's dates. The row has `id`, `received_at`, `replayed_at` and `ClockRows.column`.
    static func dates(_ row: Row) -> EventDates {
        EventDates(
            id: EventID(number: row["id"]), receivedAt: row.time("received_at"),
            replayedAt: row.timeIfAny("replayed_at"), step: row["clock_step"])
    }

    static let columns = "id, type, state, addon_key, workspace_id, addon_id, received_at, attempts"

    /// Exactly this state, in the words of the indexes: SQLite does not conclude that 'dead' is not 'pending'.
    static func condition(_ state: EventState) -> String {
        switch state {
        case .pending: "state = 'pending' AND \(StreamRows.isWaiting)"
        case .leased, .delivered, .dead: "state = '\(state.rawValue)' AND state <> 'pending'"
        }
    }

    static func summary(_ row: Row) throws -> EventSummary {
        guard let summary = summaryIfAny(row) else { throw StoreError.corruptRow(.event(EventID(number: row["id"]))) }
        return summary
    }

    /// The same; nil for a row that does not read.
    static func summaryIfAny(_ row: Row) -> EventSummary? {
        let id: Int64 = row["id"]
        guard let state = EventState(rawValue: row["state"]),
            let owner = InstallationRows.id(row["addon_key"], row["workspace_id"], row["addon_id"])
        else { return nil }
        return EventSummary(
            id: EventID(number: id), type: row["type"], state: state, installation: owner,
            receivedAt: row.time("received_at"), attempts: row.attempts)
    }
}
