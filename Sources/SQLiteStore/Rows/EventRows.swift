import GRDB
package import Installations
import Marketplace
import Sealing
import Synchronization
package import Webhooks

/// Inbox events in SQL.
enum EventRows {
    /// Opens an event's body: the one place that does. The row has the event's `type` and `sealed_body` and, of its installation,
    /// `number`, the full key and what `InstallationKeyRow` needs.
    static func body(_ row: Row, of id: EventID, _ vault: InstallationVault) throws -> SecretBytes {
        let number: Int64 = row["number"]
        guard let owner = try InstallationRows.idIfAny(row), row["wrapped_key"] as DatabaseValue != .null,
            row["sealed_body"] as DatabaseValue != .null
        else { throw StoreError.corruptRow(table: "event", number: id.number) }
        let keys = try InstallationKeyRow(row).open(of: owner, number: number, vault)
        let sealed = try row.sealed("sealed_body", table: "event", number: id.number)
        return try vault.open(
            sealed, under: keys.key(for: sealed), of: owner, at: .event(id, type: row["type"]), table: "event",
            number: id.number)
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
        let id: Int64 = row["id"]
        guard let state = EventState(rawValue: row["state"]), let owner = try InstallationRows.idIfAny(row) else {
            throw StoreError.corruptRow(table: "event", number: id)
        }
        return EventSummary(
            id: EventID(number: id), type: row["type"], state: state, installation: owner,
            receivedAt: row.time("received_at"), attempts: row.attempts)
    }
}

extension SQLiteStore: EventStore {
    package func append(_ events: [InboxEvent]) throws(StoreError) -> [AppendOutcome] {
        let outcomes = try writeBlocking { db in
            let appending = try EventAppending(waitingIndex, db)
            return try events.map(appending.appendIfCurrent)
        }
        arrivals.note(events.indices.filter { outcomes[$0] == .appended }.map { events[$0].installation })
        return outcomes
    }

    package var waitingEvents: Int { waitingIndex.count }
    package var kept: KeptEvents { waitingIndex.kept }
    package var hasSpace: Bool { space.isEnough }

    package func kept(of installation: Int64) -> KeptEvents { waitingIndex.kept(of: installation) }

    package func event(_ id: EventID) async throws(StoreError) -> EventSummary? {
        try await read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT \(EventRows.columns) FROM event JOIN installation ON number = installation WHERE id = ?
                    """, arguments: [id.number]
            )
            .map(EventRows.summary)
        }
    }

    package func eventBody(_ id: EventID, actor: Actor, at: Timestamp) async throws(StoreError) -> [UInt8]? {
        try await write { [vault, chain] db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT type, number, addon_key, workspace_id, addon_id, sealed_body, \(InstallationKeyRow.columns)
                    FROM event JOIN installation ON number = event.installation \(InstallationKeyRow.join)
                    WHERE id = ? AND installation.wrapped_key IS NOT NULL AND sealed_body IS NOT NULL
                    """, arguments: [id.number])
            func audit(_ owner: InstallationID?, _ outcome: String) throws {
                let entry = AuditEntry(
                    at: at, actor: actor.text, action: AuditAction.readEventBody.rawValue, installation: owner,
                    subject: id.text, outcome: outcome)
                try AuditRows.append(entry, db, chain)
            }
            guard let row, let owner = try InstallationRows.idIfAny(row) else {
                try audit(nil, "refused: unknown or settled")
                return nil
            }
            let body = try EventRows.body(row, of: id, vault)
            try audit(owner, "given")
            return body.expose("an operator asked for the body of an event") { bytes in [UInt8](bytes) }
        }
    }
}
