import GRDB
import Installations
import Marketplace
import Store
import Webhooks

extension SQLiteRows: HistoryReads {
    func history(_ span: HistorySpan, in numbers: ClosedRange<Int64>, step: Int64) throws -> [HistoryCount] {
        try HistoryRows.counts(span, in: numbers, step: step, db)
    }

    func attempts(of event: EventID) throws -> [Attempt] { try HistoryRows.attempts(of: event, db) }

    func refusals(
        atLeast count: Int64, in range: ClosedRange<Timestamp>, limit: Int
    ) throws -> [(InstallationID, RefusedCalls)] {
        try HistoryRows.refusals(atLeast: count, in: range, limit: limit, db)
    }
}

/// What happened over time, in SQL.
enum HistoryRows {
    /// More than is ever counted: what somebody wrote into a row must not run over.
    private static let most = "1 << 52"

    // MARK: Counts

    static func counts(
        _ span: HistorySpan, in numbers: ClosedRange<Int64>, step: Int64, _ db: Database
    ) throws -> [HistoryCount] {
        let rows = try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT at / ?4 * ?4 AS number, series, sum(min(max(count, 0), \(most))) AS count FROM history
                    WHERE span = ?1 AND at BETWEEN ?2 AND ?3 GROUP BY 1, 2
                    """),
            arguments: [span.rawValue, numbers.lowerBound, numbers.upperBound, step])
        return rows.compactMap { row in
            HistorySeries(row["series"]).map { HistoryCount(number: row["number"], series: $0, count: row["count"]) }
        }
    }

    static func apply(_ change: HistoryChange, _ db: Database) throws {
        switch change {
        case .add(let counts, let at):
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO history (span, at, series, count) VALUES (?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET count = min(max(count, 0), \(most)) + excluded.count
                    """)
            for span in HistorySpan.allCases {
                for (series, count) in counts {
                    try statement.execute(arguments: [span.rawValue, span.number(of: at), series.text, count])
                }
            }
        case .prune(let at):
            for span in HistorySpan.allCases {
                let end = span.number(of: at)
                // What lies ahead was counted by a clock that was.
                try db.cachedStatement(sql: "DELETE FROM history WHERE span = ? AND (at <= ? OR at > ?)")
                    .execute(arguments: [span.rawValue, end - span.kept, end + 1])
            }
        case .refused(let calls):
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO refusal (installation, token_set, count, last_at) VALUES (?1, ?2, ?3, ?4)
                    ON CONFLICT DO UPDATE SET last_at = ?4, token_set = ?2,
                        count = CASE WHEN token_set = ?2 THEN min(max(count, 0), \(most)) ELSE 0 END + ?3
                    WHERE token_set <= ?2
                    """)
            for one in calls {
                try statement.execute(
                    arguments: [one.installation, one.tokenSet, one.count, one.lastAt.milliseconds])
            }
        }
    }

    // MARK: Refused calls

    static func refusals(
        atLeast count: Int64, in range: ClosedRange<Timestamp>, limit: Int, _ db: Database
    ) throws -> [(InstallationID, RefusedCalls)] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT refusal.*, addon_key, workspace_id, addon_id
                    FROM refusal INDEXED BY refusal_by_time CROSS JOIN installation ON number = refusal.installation
                    WHERE last_at BETWEEN ? AND ? AND count >= ? AND refusal.token_set = installation.token_set
                        AND ended_at IS NULL
                    ORDER BY last_at DESC LIMIT ?
                    """),
            arguments: [range.lowerBound.milliseconds, range.upperBound.milliseconds, count, limit]
        ).compactMap { row in
            InstallationRows.id(row["addon_key"], row["workspace_id"], row["addon_id"]).map { ($0, calls(row)) }
        }
    }

    private static func calls(_ row: Row) -> RefusedCalls {
        RefusedCalls(
            installation: row["installation"], tokenSet: row["token_set"], count: row["count"],
            lastAt: row.time("last_at"))
    }

    // MARK: Attempts

    static func attempts(of event: EventID, _ db: Database) throws -> [Attempt] {
        try Row.fetchAll(
            db.cachedStatement(sql: "SELECT * FROM attempt WHERE event = ? ORDER BY number LIMIT \(2 * Attempt.kept)"),
            arguments: [event.number]
        ).map { row in
            Attempt(
                at: row.time("at"), target: row["target"], status: (row["status"] as Int64?).map { Int($0) },
                milliseconds: row["duration"], failure: row["failure"])
        }
    }

    /// Behind those that are there; of many those in the middle go.
    static func insert(_ attempt: Attempt, of event: EventID, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO attempt (event, number, at, target, status, duration, failure)
                SELECT ?1, 1 + ifnull((SELECT max(number) FROM attempt WHERE event = ?1 AND number < 1 << 30), 0),
                    ?2, ?3, ?4, ?5, ?6
                """
        ).execute(arguments: [
            event.number, attempt.at.milliseconds, attempt.target, attempt.status, attempt.milliseconds,
            attempt.failure,
        ])
        try db.cachedStatement(
            sql: """
                DELETE FROM attempt WHERE event = ?1 AND number > ?2
                    AND number <= (SELECT max(number) FROM attempt WHERE event = ?1 AND number <= 1 << 30) - ?2
                """
        ).execute(arguments: [event.number, Attempt.kept])
    }
}
