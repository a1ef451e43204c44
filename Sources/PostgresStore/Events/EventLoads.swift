import Installations
import Marketplace
import Store
import Webhooks

/// Reads what decides about events, behind the locks of their streams.
extension PostgresTransaction: EventLoads {
    func settlementFacts(for settlements: [Settlement]) throws -> [SettlementFacts?] {
        let ids = settlements.map(\.event.number)
        lock(Locks.streams(of: ids))
        let rows = try rows(Self.settlement, Column(ids), store.epoch.value)
        return zip(settlements, rows.map { $0 }).map { settlement, row in
            guard let state = EventState(rawValue: row.text(2)), !row.isNull(1) else { return nil }
            let hold = row.isNull(5) ? nil : (lease: row.textIfAny(4), until: row.time(5))
            let othersWait = row.bool(6)
            return SettlementFacts(
                stream: row.installation(1), state: state, bytes: row.intIfAny(3).map { Int($0) },
                hold: settlement.lease == nil ? nil : hold, othersWait: othersWait,
                isLast: othersWait ? false : row.bool(7),
                isOurs: settlement.lease == nil ? row.intIfAny(8).map { $0 == store.epoch.value } : nil)
        }
    }

    private static let settlement = """
        SELECT place, event.installation, event.state, length(event.sealed_body), lease, until,
            EXISTS (SELECT 1 FROM innkeeper.event AS other WHERE other.installation = event.installation
                AND other.state IN ('pending', 'leased') AND other.id <> event.id) AS others_wait,
            coalesce((SELECT ended_at IS NOT NULL AND wrapped_key IS NOT NULL FROM innkeeper.installation
                WHERE number = event.installation), false)
            AND NOT EXISTS (SELECT 1 FROM innkeeper.event AS other WHERE other.installation = event.installation
                AND other.state = 'dead' AND other.id <> event.id) AS is_last,
            (SELECT stream_claim.epoch FROM innkeeper.stream_claim
                LEFT JOIN innkeeper.instance ON instance.epoch = stream_claim.epoch
                WHERE stream_claim.installation = event.installation
                    AND (stream_claim.epoch = $2 OR \(InstanceRows.hasClaims))) AS claim
        FROM unnest($1::int8[]) WITH ORDINALITY AS asked (id, place)
        LEFT JOIN innkeeper.event ON event.id = asked.id
        LEFT JOIN innkeeper.stream_hold ON stream_hold.installation = event.installation
            AND stream_hold.event = event.id
        ORDER BY place
        """

    func endedHolds(of streams: [InstallationNumber], at now: Timestamp) throws -> [EndedHold] {
        lock(Locks.streams(streams))
        return try rows(
            """
            SELECT stream_hold.installation, lease IS NOT NULL, \(EventRows.dates), event.state, event.attempts,
                length(event.sealed_body)
            FROM unnest($1::int8[]) WITH ORDINALITY AS asked (number, place)
            JOIN innkeeper.stream_hold ON installation = number AND until <= $2
            LEFT JOIN innkeeper.event ON event.id = stream_hold.event
            ORDER BY place
            """, Column(streams.map(\.value)), now.milliseconds
        ).map { row in
            let event = row.textIfAny(6).flatMap { EventState(rawValue: $0) }.map { state in
                HeldEvent(
                    dates: EventRows.dates(row, from: 2), state: state, attempts: row.attempts(7),
                    bytes: Int(row.int(8)))
            }
            return EndedHold(stream: row.installation(0), wasLease: row.bool(1), event: event)
        }
    }

    // MARK: Replays

    func replayFacts(for events: [EventID]) throws -> [ReplayFacts] {
        let ids = events.map(\.number)
        lock(Locks.streams(of: ids))
        return try rows(
            """
            \(Self.replay) FROM unnest($1::int8[]) WITH ORDINALITY AS asked (id, place)
            JOIN innkeeper.event ON event.id = asked.id JOIN innkeeper.installation ON number = event.installation
            ORDER BY place
            """, Column(ids)
        ).map(replayFacts)
    }

    /// Found first, and then looked at again behind the locks of their streams.
    func replayFacts(forDead filter: DeadFilter, after: EventID?, limit: Int) throws -> [ReplayFacts] {
        var query = Select(
            "SELECT event.id FROM innkeeper.event JOIN innkeeper.installation ON number = event.installation")
        query.require("event.state = 'dead'")
        query.require("event.id >", after?.number ?? 0)
        if let addonKey = filter.addonKey { query.require("addon_key =", addonKey.text) }
        if let since = filter.since { query.require("settled_at >=", since.milliseconds) }
        let ids = try ask(query.query(end: "ORDER BY event.id LIMIT", Int64(limit)))[0].map { $0.event(0) }
        return try replayFacts(for: ids).filter { $0.state == .dead }
    }

    private static let replay = """
        SELECT event.id, event.installation, event.state, length(event.sealed_body), addon_key, workspace_id,
            installation.addon_id, ended_at IS NOT NULL,
            (SELECT type FROM innkeeper.event AS last WHERE last.id = greatest(
                (SELECT max(id) FROM innkeeper.event AS waiting WHERE waiting.installation = event.installation
                    AND waiting.state IN ('pending', 'leased')),
                (SELECT max(id) FROM innkeeper.event AS dead WHERE dead.installation = event.installation
                    AND dead.state = 'dead')))
        """

    private func replayFacts(_ row: ResultRow) throws -> ReplayFacts {
        guard let state = EventState(rawValue: row.text(2)), let owner = InstallationRows.id(row, from: 4) else {
            throw StoreError.corruptRow(.event(row.event(0)))
        }
        return ReplayFacts(
            id: row.event(0), stream: row.installation(1), state: state, bytes: row.intIfAny(3).map { Int($0) },
            owner: owner, hasEnded: row.bool(7), last: state == .dead ? row.textIfAny(8) : nil)
    }

    // MARK: What is over

    func sweepFacts(for question: SweepQuestion) throws -> SweepFacts {
        let limit = Int64(question.limit)
        let found = try ask(
            Query(Self.deadIDs, question.deadBelow.number, question.before.milliseconds, question.step, limit),
            Query(
                Self.pendingIDs, question.arrivedBelow.number, question.before.milliseconds, question.step, limit),
            Query(Self.settingsStreams, question.endedBefore.milliseconds, limit))
        let (deadIDs, pendingIDs) = (found[0].map { $0.int(0) }, found[1].map { $0.int(0) })
        let streams = Set((found[0].map { $0 } + found[1].map { $0 }).map { $0.installation(1) })
        lock(Locks.streams(Array(streams.union(found[2].map { $0.installation(0) }))))
        let facts = try ask(
            Query(Self.delivered, question.arrivedBelow.number, limit), Query(Self.dead, Column(deadIDs)),
            Query(Self.pending, Column(pendingIDs)),
            Query(SettingsRows.due, question.endedBefore.milliseconds, limit, question.settingsType))
        let dead = facts[1].map { row in
            KeptEvent(id: row.event(0), stream: row.installation(1), bytes: Int(row.int(2)))
        }
        let lastOf = Set(facts[1].compactMap { $0.bool(3) ? $0.installation(1) : nil })
        let settings = Self.settings(facts[3], limit: question.limit)
        return SweepFacts(
            delivered: facts[0].map { EventDates(id: $0.event(0), receivedAt: $0.time(1), replayedAt: nil, step: 0) },
            dead: dead, lastOf: lastOf,
            pending: facts[2].map { row in
                let event = KeptEvent(id: row.event(0), stream: row.installation(4), bytes: Int(row.int(5)))
                return PendingEvent(dates: EventRows.dates(row), event: event, isHeld: row.bool(6))
            }, settings: settings.due, hasMoreSettings: settings.hasMore)
    }

    private static let deadIDs = """
        SELECT id, installation FROM innkeeper.event
        WHERE state = 'dead' AND id < $1 AND (settled_at < $2 OR clock_step < $3) ORDER BY id LIMIT $4
        """

    private static let pendingIDs = """
        SELECT id, installation FROM innkeeper.event
        WHERE state = 'pending' AND \(EventRows.isWaiting) AND id < $1
            AND (replayed_at IS NULL OR replayed_at < $2 OR clock_step < $3)
        ORDER BY id LIMIT $4
        """

    private static let settingsStreams = """
        SELECT installation FROM innkeeper.settings_to_erase WHERE ended_at < $1 ORDER BY ended_at, installation LIMIT $2 + 1
        """

    private static let delivered = """
        SELECT id, received_at FROM innkeeper.event WHERE state = 'delivered' AND id < $1 ORDER BY id LIMIT $2
        """

    /// With whether nothing but these needs the key of their installation.
    private static let dead = """
        SELECT event.id, event.installation, length(sealed_body),
            ended_at IS NOT NULL AND wrapped_key IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM innkeeper.event AS other WHERE other.installation = event.installation
                AND (other.state IN ('pending', 'leased') OR other.state = 'dead' AND other.id <> ALL ($1::int8[])))
        FROM innkeeper.event LEFT JOIN innkeeper.installation ON number = event.installation
        WHERE event.id = ANY($1) AND state = 'dead' ORDER BY event.id
        """

    private static let pending = """
        SELECT \(EventRows.dates), event.installation, length(event.sealed_body),
            EXISTS (SELECT 1 FROM innkeeper.stream_hold WHERE stream_hold.installation = event.installation
                AND stream_hold.event = event.id)
        FROM innkeeper.event WHERE event.id = ANY($1) AND state = 'pending' ORDER BY event.id
        """

    /// As many events as were asked for, each installation by itself.
    private static func settings(_ rows: ResultRows, limit: Int) -> (due: [SettingsToErase], hasMore: Bool) {
        var (due, left, found): ([SettingsToErase], Int, [ResultRow]) = ([], limit, rows.map { $0 })
        while left > 0 {
            guard let stream = found.first?.installation(0) else { return (due, false) }
            let events = found.prefix { $0.installation(0) == stream }
            found.removeFirst(events.count)
            let looked = events.filter { !$0.isNull(1) }.prefix(left)
            due.append(
                SettingsToErase(
                    stream: stream, events: looked.compactMap(settings),
                    through: looked.count < left ? nil : looked.last?.event(1)))
            left -= max(1, looked.count)
        }
        return (due, true)
    }

    private static func settings(_ row: ResultRow) -> SettingsEvent? {
        guard row.bool(4), row.int(3) > 0, let state = EventState(rawValue: row.text(2)) else { return nil }
        let kept = KeptEvent(id: row.event(1), stream: row.installation(0), bytes: Int(row.int(3)))
        return SettingsEvent(event: kept, state: state, isHeld: row.bool(5))
    }
}
