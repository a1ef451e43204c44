import GRDB
package import Installations
package import Webhooks

extension SQLiteStore {
    package func lease(
        _ events: [WaitingEvent], as lease: LeaseID, from now: Timestamp, until: Timestamp
    ) async throws(StoreError) -> [WaitingEvent] {
        try await write { db in
            try events.filter { event in
                try db.cachedStatement(
                    sql: """
                        UPDATE event SET state = 'leased', attempts = \(StreamRows.attempts) + 1
                        WHERE id = ? AND \(StreamRows.isWaiting)
                            AND NOT EXISTS (SELECT 1 FROM stream_hold WHERE stream_hold.installation = ?)
                        """
                ).execute(arguments: [event.id.number, event.installation])
                guard db.changesCount == 1 else { return false }
                try StreamRows.hold(event.installation, event: event.id, from: now, until: until, lease: lease, db)
                return true
            }
        }
    }

    package func endHolds(
        at now: Timestamp, limit: Int, schedule: RetrySchedule
    ) async throws(StoreError) -> EndedHolds {
        await noteClock(at: now)
        try await capHolds(at: now, longest: schedule.longestAsked, limit: limit)
        // Asked without a writer: most of the time no hold has ended.
        let (due, next) = try await read { db in
            (
                try Row.fetchAll(
                    db.cachedStatement(
                        sql: "SELECT installation FROM stream_hold WHERE until <= ? ORDER BY until LIMIT ?"),
                    arguments: [now.milliseconds, limit]
                ).map { $0[0] as Int64 },
                try Int64.fetchOne(
                    db.cachedStatement(sql: "SELECT min(until) FROM stream_hold WHERE until > ?"),
                    arguments: [now.milliseconds])
            )
        }
        var ended = EndedHolds()
        ended.next = next.map { Timestamp(milliseconds: $0) }
        guard !due.isEmpty else { return ended }
        let (batch, streams) = try await write { [waitingIndex] db in
            var batch = SettlingBatch(waitingIndex)
            for installation in due { try Self.endHold(of: installation, now, schedule, &batch, db) }
            return (batch, try due.compactMap { try StreamRows.ready($0, waitingIndex, db) })
        }
        note(batch)
        ended.streams = streams
        ended.count = due.count
        return ended
    }

    /// A hold that seems to have begun later than now was made before the clock was put right: it lasts as long as it was
    /// meant to, from now. None lasts longer than any may, whatever its row says.
    private func capHolds(at now: Timestamp, longest: Int64, limit: Int) async throws(StoreError) {
        let isTooLong = "(until - length > ?1 OR until > ?1 + ?2)"
        while true {
            let isAny = try await read { db in
                try Bool.fetchOne(
                    db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM stream_hold WHERE \(isTooLong))"),
                    arguments: [now.milliseconds, longest]) ?? false
            }
            guard isAny else { return }
            try await write { db in
                try db.cachedStatement(
                    sql: """
                        UPDATE stream_hold
                        SET length = min(max(length, 0), ?2), until = ?1 + min(max(length, 0), ?2)
                        WHERE installation IN (SELECT installation FROM stream_hold WHERE \(isTooLong) LIMIT ?3)
                        """
                ).execute(arguments: [now.milliseconds, longest, limit])
            }
        }
    }

    private static func endHold(
        of installation: Int64, _ now: Timestamp, _ schedule: RetrySchedule, _ batch: inout SettlingBatch,
        _ db: Database
    ) throws {
        // Looked at again inside the transaction: it may have been settled, or leased anew, since.
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT id, lease, attempts, received_at, replayed_at, \(ClockSteps.column)
                    FROM stream_hold JOIN event ON event.id = stream_hold.event
                    WHERE stream_hold.installation = ? AND until <= ?
                    """), arguments: [installation, now.milliseconds])
        try db.cachedStatement(sql: "DELETE FROM stream_hold WHERE installation = ? AND until <= ?")
            .execute(arguments: [installation, now.milliseconds])
        guard let row, row["lease"] as String? != nil else { return }

        let event = EventID(number: row["id"])
        if schedule.isOver(attempts: row.attempts, since: try ClockSteps(db).waitsSince(row), now: now) {
            try batch.giveUp(event, installation, .leaseExpired, at: now, db)
        } else {
            try db.cachedStatement(sql: "UPDATE event SET state = 'pending', failure = ? WHERE id = ?")
                .execute(arguments: [DeliveryFailure.leaseExpired.text, event.number])
        }
    }
}
