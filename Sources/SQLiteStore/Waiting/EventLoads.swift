import GRDB
import Installations
import Marketplace
import Store
import Webhooks

/// Reads what decides about events, in the transaction that will write.
extension SQLiteRows: EventLoads {
    func settlementFacts(for settlements: [Settlement]) throws -> [SettlementFacts?] {
        let event = try DirectStatement("SELECT installation, state, length(sealed_body) FROM event WHERE id = ?", db)
        return try settlements.map { settlement in
            var facts: SettlementFacts?
            try event.forEach {
                try $0.bind(settlement.event.number, at: 1)
            } read: { row in
                guard let state = EventState(rawValue: row.text(1)) else { return }
                facts = try settlementFacts(settlement, row.installation(0), state, row.int64IfAny(2))
            }
            return facts
        }
    }

    private func settlementFacts(
        _ settlement: Settlement, _ stream: InstallationNumber, _ state: EventState, _ bytes: Int64?
    ) throws -> SettlementFacts {
        let othersWait = waitingIndex.hasWaiting(stream, besides: settlement.event.number)
        return SettlementFacts(
            stream: stream, state: state, bytes: bytes.map { Int($0) },
            hold: settlement.lease == nil ? nil : try StreamRows.hold(of: stream, settlement.event, db),
            othersWait: othersWait,
            isLast: othersWait ? false : try StreamRows.isLast([settlement.event], of: stream, db))
    }

    func endedHolds(of streams: [InstallationNumber], at now: Timestamp) throws -> [EndedHold] {
        try streams.compactMap { stream in
            let row = try Row.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT lease IS NOT NULL AS was_lease, id, state, attempts, received_at, replayed_at,
                            length(sealed_body) AS bytes, \(ClockRows.column)
                        FROM stream_hold LEFT JOIN event ON event.id = stream_hold.event
                        WHERE stream_hold.installation = ? AND until <= ?
                        """), arguments: [stream, now.milliseconds])
            guard let row else { return nil }
            let event = (row["state"] as String?).flatMap { EventState(rawValue: $0) }.map { state in
                HeldEvent(
                    dates: EventRows.dates(row), state: state, attempts: row.attempts,
                    bytes: row["bytes"] as Int? ?? 0)
            }
            return EndedHold(stream: stream, wasLease: row["was_lease"], event: event)
        }
    }

    func replayFacts(for events: [EventID]) throws -> [ReplayFacts] {
        try events.compactMap { event in
            try Row.fetchOne(
                db.cachedStatement(sql: "\(Self.replayColumns) WHERE id = ?"), arguments: [event.number]
            ).map(replayFacts)
        }
    }

    func replayFacts(forDead filter: DeadFilter, after: EventID?, limit: Int) throws -> [ReplayFacts] {
        var query = Query(Self.replayColumns)
        query.require(EventRows.condition(.dead))
        query.require("id > ?", after?.number ?? 0)
        if let addonKey = filter.addonKey { query.require("addon_key = ?", addonKey.text) }
        if let since = filter.since { query.require("settled_at >= ?", since.milliseconds) }
        query.end("ORDER BY id LIMIT ?", limit)
        return try query.fetchAll(db).map(replayFacts)
    }

    private static let replayColumns = """
        SELECT id, installation, state, length(sealed_body) AS bytes, number, addon_key, workspace_id, addon_id,
            ended_at IS NOT NULL AS has_ended
        FROM event JOIN installation ON number = installation
        """

    private func replayFacts(_ row: Row) throws -> ReplayFacts {
        let stream: InstallationNumber = row["installation"]
        guard let state = EventState(rawValue: row["state"]) else {
            throw StoreError.corruptRow(.event(EventID(number: row["id"])))
        }
        return ReplayFacts(
            id: EventID(number: row["id"]), stream: stream, state: state, bytes: row["bytes"],
            owner: try InstallationRows.idIfAny(row), hasEnded: row["has_ended"],
            last: state == .dead ? try StreamRows.lastType(of: stream, waitingIndex, db) : nil)
    }

    func sweepFacts(for question: SweepQuestion) throws -> SweepFacts {
        let dead = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT id, installation, length(sealed_body), \(ClockRows.column) FROM event
                    WHERE \(EventRows.condition(.dead)) AND id < ? AND (settled_at < ? OR clock_step < ?)
                    ORDER BY id LIMIT ?
                    """),
            arguments: [
                question.deadBelow.number, question.before.milliseconds, question.step, question.limit,
            ]
        ).map { KeptEvent(id: EventID(number: $0[0]), stream: $0[1], bytes: $0[2] as Int? ?? 0) }
        let lastOf = try Dictionary(grouping: dead, by: \.stream).filter { stream, events in
            try !waitingIndex.hasWaiting(stream) && StreamRows.isLast(events.map(\.id), of: stream, db)
        }
        let settings = try SettingsRows.due(question, waitingIndex, db)
        return SweepFacts(
            delivered: try delivered(question), dead: dead, lastOf: Set(lastOf.keys), pending: try pending(question),
            settings: settings.due, hasMoreSettings: settings.hasMore)
    }

    private func delivered(_ question: SweepQuestion) throws -> [EventDates] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT id, received_at FROM event INDEXED BY event_by_state
                    WHERE \(EventRows.condition(.delivered)) AND id < ? ORDER BY id LIMIT ?
                    """), arguments: [question.arrivedBelow.number, question.limit]
        ).map { row in
            EventDates(id: EventID(number: row["id"]), receivedAt: row.time("received_at"), replayedAt: nil, step: 0)
        }
    }

    private func pending(_ question: SweepQuestion) throws -> [PendingEvent] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT id, installation, received_at, replayed_at, length(sealed_body) AS bytes, \(ClockRows.column),
                        EXISTS (SELECT 1 FROM stream_hold WHERE stream_hold.installation = event.installation
                            AND stream_hold.event = event.id) AS is_held
                    FROM event INDEXED BY event_waiting
                    WHERE \(EventRows.condition(.pending)) AND id < ?
                        AND (replayed_at IS NULL OR replayed_at < ? OR clock_step < ?)
                    ORDER BY id LIMIT ?
                    """),
            arguments: [
                question.arrivedBelow.number, question.before.milliseconds, question.step, question.limit,
            ]
        ).map { row in
            let dates = EventRows.dates(row)
            let event = KeptEvent(id: dates.id, stream: row["installation"], bytes: row["bytes"] as Int? ?? 0)
            return PendingEvent(dates: dates, event: event, isHeld: row["is_held"])
        }
    }
}
