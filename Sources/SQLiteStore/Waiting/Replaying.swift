import GRDB
package import Installations
import Marketplace
import Store
import Synchronization
package import Webhooks

extension SQLiteStore {
    package func replay(_ id: EventID, actor: Actor, at: Timestamp) async throws(StoreError) -> ReplayAnswer {
        let (answer, _) = try await write { [chain, waitingIndex] db in
            guard let event = try ReplayRow.fetch(id, db) else { return (ReplayAnswer.unknown, nil as ReplayRow?) }
            let answer = try event.replay(at, waitingIndex, db)
            try AuditRows.append(
                ReplayPlanner.entry(answer, of: id, event.owner, actor: actor, at: at), db, chain)
            return (answer, event)
        } committed: { [arrivals] answer, stream in
            if answer == .replayed, let stream { arrivals.note([stream.installation]) }
        }
        return answer
    }

    package func replayDead(
        _ filter: DeadFilter, after: EventID?, limit: Int, actor: Actor, at: Timestamp
    ) async throws(StoreError) -> ReplayBatch {
        let (batch, _) = try await write { [chain, waitingIndex] db in
            let events = try ReplayRow.fetchDead(filter, after: after, limit: limit, db)
            var batch = ReplayBatch()
            batch.last = events.count == limit ? events.last?.id : nil
            var replayed: [Int64] = []
            for event in events {
                if try event.replay(at, waitingIndex, db) == .replayed {
                    replayed.append(event.installation)
                } else {
                    batch.closed += 1
                }
            }
            batch.replayed = replayed.count
            if !events.isEmpty {
                try AuditRows.append(ReplayPlanner.entry(batch, filter, actor: actor, at: at), db, chain)
            }
            return (batch, replayed)
        } committed: { [arrivals] _, streams in
            arrivals.note(streams)
        }
        return batch
    }
}

/// An event that is to be replayed.
private struct ReplayRow: Sendable {
    let id: EventID
    let installation: Int64
    let state: EventState
    /// The length of its body; nil when it has none any more.
    let bytes: Int?
    let owner: InstallationID?

    static func fetch(_ id: EventID, _ db: Database) throws -> ReplayRow? {
        try Row.fetchOne(db, sql: "\(select) WHERE id = ?", arguments: [id.number]).map(read)
    }

    static func fetchDead(_ filter: DeadFilter, after: EventID?, limit: Int, _ db: Database) throws -> [ReplayRow] {
        var query = Query(select)
        query.require(EventRows.condition(.dead))
        query.require("id > ?", after?.number ?? 0)
        if let addonKey = filter.addonKey { query.require("addon_key = ?", addonKey.text) }
        if let since = filter.since { query.require("settled_at >= ?", since.milliseconds) }
        query.end("ORDER BY id LIMIT ?", limit)
        return try query.fetchAll(db).map(read)
    }

    private static let select = """
        SELECT id, installation, state, length(sealed_body) AS bytes, number, addon_key, workspace_id, addon_id
        FROM event JOIN installation ON number = installation
        """

    private static func read(_ row: Row) throws -> ReplayRow {
        guard let state = EventState(rawValue: row["state"]) else {
            throw StoreError.corruptRow(table: "event", number: row["id"])
        }
        return ReplayRow(
            id: EventID(number: row["id"]), installation: row["installation"], state: state,
            bytes: row["bytes"], owner: try InstallationRows.idIfAny(row))
    }

    func replay(_ at: Timestamp, _ waitingIndex: WaitingIndex, _ db: Database) throws -> ReplayAnswer {
        let answer = try ReplayPlanner.answer(for: state, hasBody: bytes != nil) { try isClosed(waitingIndex, db) }
        guard answer == .replayed, let bytes else { return answer }
        try db.cachedStatement(
            sql: """
                UPDATE event SET state = 'pending', attempts = 0, settled_at = NULL, replayed_at = ? WHERE id = ?
                """
        ).execute(arguments: [at.milliseconds, id.number])
        try ClockSteps.note(id, db)
        if state == .dead {
            waitingIndex.add(id.number, of: bytes, to: installation, db)
            waitingIndex.removeDead(id.number, of: bytes, from: installation, db)
        }
        // An operator does not want to wait for a retry that was planned while the target was down.
        try db.cachedStatement(sql: "DELETE FROM stream_hold WHERE installation = ? AND lease IS NULL")
            .execute(arguments: [installation])
        return answer
    }

    /// Whether nothing of its stream may follow any more.
    private func isClosed(_ waitingIndex: WaitingIndex, _ db: Database) throws -> Bool {
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT ended_at IS NOT NULL AS has_ended, type
                    FROM installation LEFT JOIN event
                        ON event.id = max(ifnull((\(EventIndexes.newestDead)), 0), ?2)
                    WHERE number = ?1
                    """), arguments: [installation, waitingIndex.newest(of: installation) ?? 0])
        return ReplayPlanner.isClosed(hasEnded: row?["has_ended"] ?? false, last: row?["type"])
    }
}
