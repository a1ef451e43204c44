import Installations
import Marketplace
import Store
import Webhooks

extension PostgresTransaction: HistoryReads {
    func history(_ span: HistorySpan, in numbers: ClosedRange<Int64>, step: Int64) throws -> [HistoryCount] {
        try ask(HistoryRows.counts(span, in: numbers, step: step))[0].compactMap { row in
            HistorySeries(row.text(1)).map { HistoryCount(number: row.int(0), series: $0, count: row.int(2)) }
        }
    }

    func attempts(of event: EventID) throws -> [Attempt] {
        try rows(
            """
            SELECT at, target, status, duration, failure FROM innkeeper.attempt WHERE event = $1 ORDER BY number
            LIMIT \(2 * Attempt.kept)
            """, event.number
        ).map { row in
            Attempt(
                at: row.time(0), target: row.textIfAny(1), status: row.intIfAny(2).map { Int($0) },
                milliseconds: row.intIfAny(3), failure: row.textIfAny(4))
        }
    }

    func refusals(
        atLeast count: Int64, in range: ClosedRange<Timestamp>, limit: Int
    ) throws -> [(InstallationID, RefusedCalls)] {
        try rows(
            """
            SELECT installation, refusal.token_set, count, last_at, addon_key, workspace_id, addon_id
            FROM innkeeper.refusal JOIN innkeeper.installation ON number = refusal.installation
            WHERE last_at BETWEEN $1 AND $2 AND count >= $3 AND refusal.token_set = installation.token_set AND ended_at IS NULL
            ORDER BY last_at DESC LIMIT $4
            """, range.lowerBound.milliseconds, range.upperBound.milliseconds, count, Int64(limit)
        ).compactMap { row in InstallationRows.id(row, from: 4).map { ($0, HistoryRows.calls(row)) } }
    }
}

/// What happened over time, in SQL.
enum HistoryRows {
    /// More than is ever counted: what somebody wrote into a row must not run over.
    private static func bounded(_ column: String) -> String { "least(greatest(\(column), 0), 1::int8 << 52)" }

    static func counts(_ span: HistorySpan, in numbers: ClosedRange<Int64>, step: Int64) -> Query {
        Query(
            """
            SELECT at / $4 * $4, series, sum(\(bounded("count")))::int8 FROM innkeeper.history
            WHERE span = $1 AND at BETWEEN $2 AND $3 GROUP BY 1, 2
            """, span.rawValue, numbers.lowerBound, numbers.upperBound, step)
    }

    static func calls(_ row: ResultRow) -> RefusedCalls {
        RefusedCalls(
            installation: row.installation(0), tokenSet: TokenSet(row.int(1)), count: row.int(2), lastAt: row.time(3))
    }

    /// Of several processes that count at once each takes the rows in one order.
    static func write(_ change: HistoryChange) -> [Query] {
        switch change {
        case .add(let counts, let at): HistorySpan.allCases.map { add(counts, to: $0, at: at) }
        case .prune(let at):
            HistorySpan.allCases.map { span in
                let end = span.number(of: at)
                // What lies ahead was counted by a clock that was.
                return Query(
                    "DELETE FROM innkeeper.history WHERE span = $1 AND (at <= $2 OR at > $3)", span.rawValue,
                    end - span.kept, end + 1)
            }
        case .refused(let calls): [refused(calls.sorted { $0.installation < $1.installation })]
        }
    }

    private static func add(_ counts: [HistorySeries: Int64], to span: HistorySpan, at: Timestamp) -> Query {
        let sorted = counts.map { ($0.key.text, $0.value) }.sorted { $0.0 < $1.0 }
        return Query(
            """
            INSERT INTO innkeeper.history (span, at, series, count)
            SELECT $1, $2, series, count FROM unnest($3::text[], $4::int8[]) AS new (series, count)
            ON CONFLICT (span, at, series) DO UPDATE SET count = \(bounded("history.count")) + excluded.count
            """, span.rawValue, span.number(of: at), Column(sorted.map { $0.0 }), Column(sorted.map { $0.1 }))
    }

    private static func refused(_ calls: [RefusedCalls]) -> Query {
        Query(
            """
            INSERT INTO innkeeper.refusal (installation, token_set, count, last_at)
            SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[])
            ON CONFLICT (installation) DO UPDATE SET last_at = excluded.last_at, token_set = excluded.token_set,
                count = excluded.count
                    + CASE WHEN refusal.token_set = excluded.token_set THEN \(bounded("refusal.count")) ELSE 0 END
            WHERE refusal.token_set <= excluded.token_set
            """, Column(calls.map(\.installation.value)), Column(calls.map(\.tokenSet.value)),
            Column(calls.map(\.count)), Column(calls.map(\.lastAt.milliseconds)))
    }

    /// Behind those that are there; of many those in the middle go.
    static func insert(_ attempt: Attempt, of event: EventID) -> [Query] {
        [
            Query(
                """
                INSERT INTO innkeeper.attempt (event, number, at, target, status, duration, failure)
                SELECT $1, 1 + coalesce(max(number), 0), $2, $3, $4, $5, $6 FROM innkeeper.attempt
                WHERE event = $1 AND number < 1 << 30
                """, event.number, attempt.at.milliseconds, attempt.target, attempt.status.map { Int64($0) },
                attempt.milliseconds, attempt.failure),
            Query(
                """
                DELETE FROM innkeeper.attempt WHERE event = $1 AND number > $2 AND number <=
                    (SELECT max(number) FROM innkeeper.attempt WHERE event = $1 AND number <= 1 << 30) - $2
                """, event.number, Int64(Attempt.kept)),
        ]
    }
}
