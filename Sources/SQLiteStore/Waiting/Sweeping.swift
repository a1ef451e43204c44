import GRDB
package import Installations
import Sealing
import Synchronization
package import Webhooks

extension SQLiteStore {
    package func sweep(
        at now: Timestamp, retention: EventRetention, limit: Int, isBelieved: Bool = false
    ) async throws(StoreError) -> SweepResult {
        let moment = Timestamp(milliseconds: now.milliseconds - retention.length)
        // First, or what is dated ahead would be judged by its date.
        await noteClock(at: now)
        let (result, batch) = try await write { [waitingIndex] db in
            let clock = try ClockRow(db)
            if clock.isLeap(to: now), !isBelieved { return (SweepResult.heldBack, SettlingBatch(waitingIndex)) }
            try clock.sweeps(at: now, db)
            let steps = try ClockSteps(db)
            var sweep = Sweep(
                now: now, before: moment, endedBefore: Timestamp(milliseconds: now.milliseconds - retention.settings),
                limit: limit, waitingIndex: waitingIndex, steps: steps, db: db)
            try sweep.run()
            return (sweep.result, sweep.batch)
        }
        note(batch)
        let hasErased = result.destroyedKeys > 0
        // At most once a round: the log of an idle store keeps the sealed bodies of its last events no longer than that.
        if hasErased || (!result.hasMore && hasSettled.exchange(false, ordering: .relaxed)) { logTruncator.request() }
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
    let waitingIndex: WaitingIndex
    let steps: ClockSteps
    let db: Database
    var result = SweepResult()
    var batch: SettlingBatch
    /// The last time the clock was put back before `before`: all that happened until then is over.
    private let step: ClockSteps.Step?

    init(
        now: Timestamp, before: Timestamp, endedBefore: Timestamp, limit: Int, waitingIndex: WaitingIndex,
        steps: ClockSteps,
        db: Database
    ) {
        self.now = now
        self.before = before
        self.endedBefore = endedBefore
        self.limit = limit
        self.waitingIndex = waitingIndex
        self.steps = steps
        self.db = db
        batch = SettlingBatch(waitingIndex)
        step = steps.last(before: before)
    }

    /// Events that arrived before `before` have smaller ids.
    private var boundary: Int64 { EventID(firstAt: before).number }

    mutating func run() throws {
        let delivered = try removeDelivered()
        let dead = try removeDead()
        let expired = delivered == limit ? 0 : try expireWaiting()
        let hasMoreSettings = try SettingsToErase.erase(
            endedBefore: endedBefore, at: now, limit: limit, waitingIndex, &batch, db)
        result.removed = delivered + dead
        result.expired = expired
        result.hasMore = delivered == limit || dead == limit || expired == limit || hasMoreSettings
    }

    /// Whether an event arrived before `before`. Those that came earlier did so as well: an event's id is larger than theirs.
    private func isOver(_ row: Row) -> Bool {
        let id = EventID(number: row["id"])
        if id.number < boundary { return true }
        if let step, id <= step.event { return true }
        return steps.isAhead(id) && steps.arrival(row.time("received_at"), of: id) < before
    }

    private func removeDelivered() throws -> Int {
        let delivered = EventRows.condition(.delivered)
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT id, received_at FROM event INDEXED BY event_by_state WHERE \(delivered) ORDER BY id LIMIT ?
                    """), arguments: [limit])
        var last: Int64?
        while let row = try rows.next(), isOver(row) { last = row["id"] }
        guard let last else { return 0 }
        try db.cachedStatement(sql: "DELETE FROM event INDEXED BY event_by_state WHERE \(delivered) AND id <= ?")
            .execute(arguments: [last])
        return db.changesCount
    }

    /// With the last dead letter of an ended installation goes the installation's key; settling an event sees to it that
    /// every other key goes.
    private mutating func removeDead() throws -> Int {
        // Whatever died before has a smaller id, unless the clock was ahead.
        let bound = steps.explain(before) ? Int64.max : boundary
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT id, installation, length(sealed_body), \(ClockSteps.column) FROM event
                    WHERE \(EventRows.condition(.dead)) AND id < ? AND (settled_at < ? OR clock_step < ?)
                    ORDER BY id LIMIT ?
                    """), arguments: [bound, before.milliseconds, step?.number ?? 0, limit])
        let delete = try db.cachedStatement(sql: "DELETE FROM event WHERE id = ?")
        for row in rows {
            try delete.execute(arguments: [row[0] as Int64])
            waitingIndex.removeDead(row[0], of: row[2] as Int? ?? 0, from: row[1], db)
        }
        for installation in Set(rows.map { $0[1] as Int64 }) {
            if try StreamRows.destroyKeyIfDone(installation, now, waitingIndex, db) { result.destroyedKeys += 1 }
        }
        return rows.count
    }

    /// Nobody took them. They become dead letters and can be replayed until those are cleared away.
    private mutating func expireWaiting() throws -> Int {
        let rows = try Row.fetchCursor(
            db.cachedStatement(
                sql: """
                    SELECT id, installation, received_at, replayed_at, \(ClockSteps.column)
                    FROM event INDEXED BY event_waiting WHERE \(EventRows.condition(.pending)) ORDER BY id
                    """))
        var over: [(event: EventID, installation: Int64)] = []
        while over.count < limit, let row = try rows.next(), isOver(row) {
            // A replayed event has its time anew.
            guard row["replayed_at"] as Int64? == nil || steps.waitsSince(row) < before else { continue }
            over.append((EventID(number: row["id"]), row["installation"]))
        }
        for (event, installation) in over { try batch.giveUp(event, installation, .expired, at: now, db) }
        return over.count
    }
}
