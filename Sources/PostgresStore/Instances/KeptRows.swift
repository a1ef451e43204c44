package import Installations
import Store
import Webhooks

/// How much is kept, as one process counts it for all that share the store.
enum KeptRows {
    /// Installations of which it is kept: the largest by either measure.
    private static let named = 200

    /// How much each installation keeps, counted in the indexes alone.
    static let each = """
        SELECT installation, count(*) AS events, sum(\(EventRows.bytes))::int8 AS bytes, false AS is_dead
        FROM innkeeper.event WHERE \(EventRows.isWaiting) GROUP BY installation
        UNION ALL
        SELECT installation, count(*), sum(\(EventRows.bytes))::int8, true
        FROM innkeeper.event WHERE event.state = 'dead' GROUP BY installation
        """

    /// Counts: what waits and what is dead in all, and behind them the largest.
    static let counting = Query(
        """
        WITH kept AS MATERIALIZED (\(each)), shares AS MATERIALIZED (
            SELECT installation, sum(events)::int8 AS events, sum(bytes)::int8 AS bytes FROM kept GROUP BY installation)
        SELECT NULL::int8, coalesce(sum(events) FILTER (WHERE NOT is_dead), 0)::int8,
            coalesce(sum(bytes) FILTER (WHERE NOT is_dead), 0)::int8,
            coalesce(sum(events) FILTER (WHERE is_dead), 0)::int8,
            coalesce(sum(bytes) FILTER (WHERE is_dead), 0)::int8 FROM kept
        UNION ALL (SELECT installation, events, bytes, 0, 0 FROM shares ORDER BY events DESC LIMIT \(named))
        UNION ALL (SELECT installation, events, bytes, 0, 0 FROM shares ORDER BY bytes DESC LIMIT \(named))
        """)

    /// Writes what was counted.
    static func write(_ counted: ResultRows) -> [Query] {
        let rows = counted.map { $0 }
        let (total, shares) = (rows.first, rows.dropFirst())
        return [
            Query(
                """
                INSERT INTO innkeeper.kept_total (one, counted, waiting_events, waiting_bytes, dead_events, dead_bytes)
                VALUES (1, 1, $1, $2, $3, $4)
                ON CONFLICT (one) DO UPDATE SET counted = kept_total.counted + 1,
                    waiting_events = excluded.waiting_events, waiting_bytes = excluded.waiting_bytes,
                    dead_events = excluded.dead_events, dead_bytes = excluded.dead_bytes
                """, total?.int(1) ?? 0, total?.int(2) ?? 0, total?.int(3) ?? 0, total?.int(4) ?? 0),
            Query("DELETE FROM innkeeper.kept_share"),
            Query(
                """
                INSERT INTO innkeeper.kept_share (installation, events, bytes)
                SELECT DISTINCT ON (number) number, events, bytes
                FROM unnest($1::int8[], $2::int8[], $3::int8[]) AS new (number, events, bytes) ORDER BY number
                """, Column(shares.map { $0.int(0) }), Column(shares.map { $0.int(1) }),
                Column(shares.map { $0.int(2) })),
        ]
    }

    /// Asks for what was counted last.
    static let total = Query(
        "SELECT counted, waiting_events, waiting_bytes, dead_events, dead_bytes FROM innkeeper.kept_total")
    /// Asks for the largest.
    static let shares = Query("SELECT installation, events, bytes FROM innkeeper.kept_share LIMIT 1000")

    static func counted(_ total: ResultRows, _ shares: ResultRows) -> CountedEvents? {
        guard let row = total.first, row.int(0) > 0 else { return nil }
        func kept(_ row: ResultRow, _ column: Int32) -> KeptEvents {
            KeptEvents(events: Int(row.int(column)), bytes: Int(row.int(column + 1)))
        }
        let each = shares.map { ($0.installation(0), kept($0, 1)) }
        return CountedEvents(
            number: row.int(0), waiting: kept(row, 1), dead: kept(row, 3),
            largest: Dictionary(each) { first, _ in first })
    }
}

/// What was counted for all.
struct CountedEvents {
    /// Grows with each count.
    let number: Int64
    /// What waits.
    let waiting: KeptEvents
    /// What is dead.
    let dead: KeptEvents
    /// The installations that keep the most.
    let largest: [InstallationNumber: KeptEvents]
}

extension PostgresStore {
    package func count() async throws(StoreError) {
        try await transact(
            { writes in
                guard let transaction = writes as? PostgresTransaction else { return }
                for query in KeptRows.write(try transaction.ask([KeptRows.counting])[0]) { transaction.later(query) }
            }, committed: { _ in })
    }
}
