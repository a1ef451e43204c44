import GRDB
package import Installations
import Sealing
import Synchronization
package import Webhooks

extension SQLiteStore {
    package func sweep(
        at now: Timestamp, retention: EventRetention, limit: Int
    ) async throws(StoreError) -> SweepResult {
        let moment = Timestamp(milliseconds: now.milliseconds - retention.length)
        let (result, batch) = try await write { [backlog] db in
            var sweep = Sweep(
                now: now, before: moment, endedBefore: Timestamp(milliseconds: now.milliseconds - retention.settings),
                limit: limit, backlog: backlog, db: db)
            try sweep.run()
            return (sweep.result, sweep.batch)
        }
        note(batch)
        let hasErased = result.destroyedKeys > 0
        // At most once a round: the log of an idle store keeps the sealed bodies of its last events no longer than that.
        if hasErased || (!result.hasMore && hasSettled.exchange(false, ordering: .relaxed)) { eraser.request() }
        return result
    }
}

/// One bounded step of clearing away, in its transaction.
private struct Sweep {
    let now: Timestamp
    /// What ended before this moment goes.
    let before: Timestamp
    /// Of installations that ended before this moment the settings go.
    let endedBefore: Timestamp
    let limit: Int
    let backlog: Backlog
    let db: Database
    var result = SweepResult()
    var batch: SettlingBatch

    init(
        now: Timestamp, before: Timestamp, endedBefore: Timestamp, limit: Int, backlog: Backlog, db: Database
    ) {
        self.now = now
        self.before = before
        self.endedBefore = endedBefore
        self.limit = limit
        self.backlog = backlog
        self.db = db
        batch = SettlingBatch(backlog)
    }

    /// Events that arrived before `before` have smaller ids.
    private var boundary: Int64 { EventID(firstAt: before).number }

    mutating func run() throws {
        let delivered = try removeDelivered()
        let dead = try removeDead()
        let expired = delivered == limit ? 0 : try expireWaiting()
        let hasMoreSettings = try SettingsToErase.erase(
            endedBefore: endedBefore, at: now, limit: limit, backlog, &batch, db)
        result.removed = delivered + dead
        result.expired = expired
        result.hasMore = delivered == limit || dead == limit || expired == limit || hasMoreSettings
    }

    private func removeDelivered() throws -> Int {
        try db.cachedStatement(
            sql: """
                DELETE FROM event WHERE id IN (
                    SELECT id FROM event WHERE \(EventRows.condition(.delivered)) AND id < ? ORDER BY id LIMIT ?)
                """
        ).execute(arguments: [boundary, limit])
        return db.changesCount
    }

    /// With the last dead letter of an ended installation goes the installation's key; settling an event sees to it that
    /// every other key goes.
    private mutating func removeDead() throws -> Int {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT id, installation, length(sealed_body) FROM event
                    WHERE \(EventRows.condition(.dead)) AND id < ? AND settled_at < ? ORDER BY id LIMIT ?
                    """), arguments: [boundary, before.milliseconds, limit])
        let delete = try db.cachedStatement(sql: "DELETE FROM event WHERE id = ?")
        for row in rows {
            try delete.execute(arguments: [row[0] as Int64])
            backlog.removeDead(row[0], of: row[2] as Int? ?? 0, from: row[1], db)
        }
        for installation in Set(rows.map { $0[1] as Int64 }) {
            if try StreamRows.destroyKeyIfDone(installation, now, backlog, db) { result.destroyedKeys += 1 }
        }
        return rows.count
    }

    /// Nobody took them. They become dead letters and can be replayed until those are cleared away.
    private mutating func expireWaiting() throws -> Int {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT id, installation FROM event INDEXED BY event_waiting
                    WHERE \(EventRows.condition(.pending)) AND id < ? AND coalesce(replayed_at, 0) < ?
                    ORDER BY id LIMIT ?
                    """), arguments: [boundary, before.milliseconds, limit])
        for row in rows { try batch.giveUp(EventID(number: row[0]), row[1], .expired, at: now, db) }
        return rows.count
    }
}
