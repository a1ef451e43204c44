import GRDB
import Installations
import Store

/// What is kept of the clock.
enum ClockRows {
    static func facts(_ db: Database) throws -> ClockFacts {
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT shown, swept, id AS event, ifnull((SELECT max(number) FROM audit), 0) AS record,
                        iif(id > ifnull((SELECT max(event) FROM clock_step), 0), received_at, NULL) AS arrived
                    FROM clock LEFT JOIN event ON event.id = (SELECT max(id) FROM event)
                    """))
        let steps = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT * FROM clock_step WHERE undone = 0 ORDER BY number"))
        return ClockFacts(
            shown: row?.time("shown"), swept: row?.time("swept"), arrived: row?.timeIfAny("arrived"),
            last: (EventID(number: row?["event"] ?? 0), row?["record"] ?? 0),
            steps: steps.map { row in
                ClockStep(
                    number: row["number"], noticed: row.time("noticed"), newest: row.time("newest"),
                    event: EventID(number: row["event"]), record: row["audit"])
            })
    }

    static func apply(_ change: ClockChange, _ db: Database) throws {
        switch change {
        case .shows(let now):
            try db.execute(sql: "UPDATE clock SET shown = ?", arguments: [now.milliseconds])
        case .wasPutBack(let now, let newest, let event, let record):
            try db.execute(
                sql: "INSERT INTO clock_step (noticed, newest, event, audit) VALUES (?, ?, ?, ?)",
                arguments: [now.milliseconds, newest.milliseconds, event.number, record])
            try db.execute(sql: "DELETE FROM clock_step WHERE number <= (SELECT max(number) FROM clock_step) - 1000")
        case .undoSteps(let shown, let now):
            try db.execute(
                sql: "UPDATE clock_step SET undone = 1 WHERE newest > ? AND newest <= ?",
                arguments: [shown.milliseconds, now.milliseconds])
        case .swept(let now):
            try db.execute(sql: "UPDATE clock SET swept = ?", arguments: [now.milliseconds])
        }
    }

    // MARK: In rows of events

    /// The last step before an event was replayed or became a dead letter.
    static let column =
        "ifnull((SELECT clock_step FROM event_dating WHERE event_dating.event = event.id), 0) AS clock_step"

    /// Notes that an event was replayed or became a dead letter just now.
    static func note(_ event: EventID, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO event_dating (event, clock_step)
                SELECT ?, number FROM clock_step WHERE number = (SELECT max(number) FROM clock_step)
                ON CONFLICT (event) DO UPDATE SET clock_step = excluded.clock_step
                """
        ).execute(arguments: [event.number])
    }
}
