import Installations
import Store

/// What is kept of the clock.
enum ClockRows {
    /// The number of the clock's last step; 0 before there is any.
    static let lastStep = "coalesce((SELECT max(number) FROM innkeeper.clock_step), 0)"

    static let facts = Query(
        """
        SELECT shown, swept, last.id, coalesce((SELECT max(number) FROM innkeeper.audit), 0),
            CASE WHEN last.id > coalesce((SELECT max(event) FROM innkeeper.clock_step), 0) THEN last.received_at END
        FROM innkeeper.clock
        LEFT JOIN (SELECT id, received_at FROM innkeeper.event ORDER BY id DESC LIMIT 1) AS last ON true
        """)

    static let steps = Query(
        "SELECT number, noticed, newest, event, audit FROM innkeeper.clock_step WHERE NOT undone ORDER BY number")

    static func facts(_ answers: [ResultRows]) throws -> ClockFacts {
        let row = answers[0].first
        return ClockFacts(
            shown: row?.time(0), swept: row?.time(1), arrived: row?.timeIfAny(4),
            last: (EventID(number: row?.intIfAny(2) ?? 0), RecordNumber(row?.int(3) ?? 0)),
            steps: answers[1].map { row in
                ClockStep(
                    number: row.int(0), noticed: row.time(1), newest: row.time(2), event: row.event(3),
                    record: RecordNumber(row.int(4)))
            })
    }

    static func apply(_ change: ClockChange) -> [Query] {
        switch change {
        case .shows(let now): return [Query("UPDATE innkeeper.clock SET shown = $1", now.milliseconds)]
        case .wasPutBack(let now, let newest, let event, let record):
            return [
                Query(
                    """
                    INSERT INTO innkeeper.clock_step (number, noticed, newest, event, audit)
                    VALUES (\(lastStep) + 1, $1, $2, $3, $4)
                    """, now.milliseconds, newest.milliseconds, event.number, record.value),
                Query("DELETE FROM innkeeper.clock_step WHERE number <= \(lastStep) - 1000"),
            ]
        case .undoSteps(let shown, let now):
            return [
                Query(
                    "UPDATE innkeeper.clock_step SET undone = true WHERE newest > $1 AND newest <= $2",
                    shown.milliseconds, now.milliseconds)
            ]
        case .swept(let now): return [Query("UPDATE innkeeper.clock SET swept = $1", now.milliseconds)]
        }
    }
}
