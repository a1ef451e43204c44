import Installations
import Marketplace
import Sealing
import Store
import Webhooks

/// The heads of streams and what holds them back.
extension PostgresTransaction: StreamReads {
    func ready(_ streams: [InstallationNumber]) throws -> [EventStream] {
        try rows(
            "\(Self.ready) FROM unnest($1::int8[]) WITH ORDINALITY AS asked (number, place) \(Self.head) ORDER BY place",
            Column(streams.map(\.value))
        ).compactMap(Self.stream)
    }

    /// From stream to stream in the index: however long the backlog of each is, it costs one step.
    func readyStreams(after: Int64, limit: Int) throws -> (streams: [EventStream], last: Int64?) {
        let found = try rows(
            """
            WITH RECURSIVE stream (number, place) AS (
                (SELECT installation, 1 FROM innkeeper.event
                 WHERE \(EventRows.isWaiting) AND installation > $1 ORDER BY installation LIMIT 1)
                UNION ALL
                SELECT (SELECT installation FROM innkeeper.event
                        WHERE \(EventRows.isWaiting) AND installation > number ORDER BY installation LIMIT 1), place + 1
                FROM stream WHERE number IS NOT NULL AND place < $2
            )
            \(Self.ready), asked.number
            , \(StreamClaims.isElsewhere("asked.number", than: "$3"))
            FROM (SELECT number, place FROM stream WHERE number IS NOT NULL) AS asked \(Self.head) ORDER BY place
            """, after, Int64(limit), store.epoch.value)
        let last = found.count < limit ? nil : found.map { $0.int(4) }.last
        // What another pushes it goes on with by itself.
        return (found.compactMap { $0.bool(5) ? nil : Self.stream($0) }, last)
    }

    private static let ready = "SELECT asked.number AS stream, addon_key, head.attempts, is_held"

    /// What stands at the head of each stream that is asked for.
    private static let head = """
        LEFT JOIN LATERAL (SELECT attempts FROM innkeeper.event
            WHERE event.installation = asked.number AND \(EventRows.isWaiting) ORDER BY id LIMIT 1) AS head ON true
        LEFT JOIN LATERAL (SELECT EXISTS (SELECT 1 FROM innkeeper.stream_hold
            WHERE installation = asked.number) AS is_held) AS hold ON true
        LEFT JOIN innkeeper.installation ON installation.number = asked.number
        """

    private static func stream(_ row: ResultRow) -> EventStream? {
        guard !row.isNull(2), !row.bool(3) else { return nil }
        // A name that no add-on has: somebody changed it, which `doctor` tells. It must keep nobody else's stream.
        guard let addonKey = AddonKey(row.text(1)) else { return nil }
        return EventStream(installation: row.installation(0), addonKey: addonKey, hasFailed: row.attempts(2) > 0)
    }

    func heads(of streams: [InstallationNumber], bytes: Int) throws -> [StoredHead] {
        Self.heads(try ask([Self.heads(of: streams, bytes: bytes, for: nil)])[0])
    }

    /// Asks for heads; with an epoch only for those whose streams it has taken.
    static func heads(of streams: [InstallationNumber], bytes: Int, for epoch: Epoch?) -> Query {
        Query(heads, Column(streams.map(\.value)), Int64(bytes), epoch?.value)
    }

    /// What was answered.
    static func heads(_ rows: ResultRows) -> [StoredHead] {
        rows.map { row in
            if row.isNull(1) { return .empty }
            if row.bool(2) { return .held }
            if row.bool(18 + InstallationRows.width) { return .elsewhere }
            guard row.bool(3) else { return .postponed }
            let known = Result { () throws(StoreError) in
                try InstallationRows.known(row, from: 4)
            }
            let body: Int32 = 4 + InstallationRows.width
            return .event(
                StoredHeadEvent(
                    body: EventRows.body(row, from: body), dates: EventRows.dates(row, from: body + 9),
                    attempts: row.attempts(body + 13), known: known))
        }
    }

    /// Bodies only as long as those before them leave room.
    private static let heads = """
        WITH asked AS MATERIALIZED (
            SELECT number, place, head.id AS head, coalesce(head.bytes, 0) AS bytes,
                EXISTS (SELECT 1 FROM innkeeper.stream_hold WHERE installation = number) AS is_held,
                $3::int8 IS NOT NULL AND NOT EXISTS (SELECT FROM innkeeper.stream_claim
                    WHERE stream_claim.installation = number AND epoch = $3) AS is_elsewhere
            FROM unnest($1::int8[]) WITH ORDINALITY AS asked (number, place)
            LEFT JOIN LATERAL (SELECT id, bytes FROM innkeeper.event
                WHERE event.installation = asked.number AND \(EventRows.isWaiting) ORDER BY id LIMIT 1) AS head ON true
        ), counted AS (
            SELECT *, coalesce(sum(CASE WHEN is_held OR is_elsewhere THEN 0 ELSE bytes END) OVER (
                ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) < $2 AS fits
            FROM asked
        )
        SELECT place, head, is_held, fits, \(InstallationRows.columns), \(EventRows.body), \(EventRows.dates),
            event.attempts, is_elsewhere
        FROM counted
        LEFT JOIN innkeeper.event ON event.id = head AND fits AND NOT is_held AND NOT is_elsewhere
        LEFT JOIN innkeeper.installation ON installation.number = event.installation
        LEFT JOIN innkeeper.outgoing_key ON outgoing_key.installation = event.installation
        ORDER BY place
        """

    func endedHolds(at now: Timestamp, limit: Int) throws -> (streams: [InstallationNumber], next: Timestamp?) {
        let answers = try ask(
            Query(
                "SELECT installation FROM innkeeper.stream_hold WHERE until <= $1 ORDER BY until LIMIT $2",
                now.milliseconds, Int64(limit)),
            Query("SELECT min(until) FROM innkeeper.stream_hold WHERE until > $1", now.milliseconds))
        return (answers[0].map { $0.installation(0) }, answers[1].first?.timeIfAny(0))
    }

    func overlongHolds(
        at now: Timestamp, longest: Int64, limit: Int
    ) throws -> [(stream: InstallationNumber, length: Int64)] {
        try rows(
            """
            SELECT installation, length FROM innkeeper.stream_hold WHERE until - length > $1 OR until > $1 + $2 LIMIT $3
            """, now.milliseconds, longest, Int64(limit)
        ).map { ($0.installation(0), $0.int(1)) }
    }
}
