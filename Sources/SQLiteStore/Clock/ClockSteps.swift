import GRDB
import Installations

/// The moments in which the clock was put back.
///
/// What was dated before such a step happened no later than the step, whatever its date says: every wait that began before lasts
/// from the step on as long as it may. Rows keep their dates, so that a clock that is put back by mistake destroys nothing.
struct ClockSteps {
    /// How far a clock may go back without being wrong, and how exactly the latest time is known that it showed.
    static let precision: Int64 = 60_000

    struct Step {
        let number: Int64
        /// What the clock showed after it was put back.
        let noticed: Timestamp
        /// The latest it had shown before.
        let newest: Timestamp
        /// The newest event that had arrived.
        let event: EventID
        /// The newest record of the audit log.
        let record: Int64

        /// The latest time that can have come from the clock before.
        fileprivate var end: Int64 { newest.milliseconds + 2 * ClockSteps.precision }
    }

    /// Oldest first, without those that were undone.
    let all: [Step]
    /// What the clock shows, while it is so far ahead that it may be wrong.
    private let leap: Timestamp?

    init(_ db: Database) throws {
        leap = try ClockRow(db).leap
        let statement = try db.cachedStatement(sql: "SELECT * FROM clock_step WHERE undone = 0 ORDER BY number")
        all = try Row.fetchAll(statement).map { row in
            Step(
                number: row["number"], noticed: row.time("noticed"), newest: row.time("newest"),
                event: EventID(number: row["event"]), record: row["audit"])
        }
    }

    /// When an event arrived, at the latest.
    func arrival(_ receivedAt: Timestamp, of event: EventID) -> Timestamp { date(receivedAt) { $0.event >= event } }

    /// When something happened, at the latest, of which the audit log's record `number` tells.
    func date(_ date: Timestamp, recordedAs number: Int64) -> Timestamp { self.date(date) { $0.record >= number } }

    /// Since when the event of a row waits, at the latest: it arrived, or was replayed. The row has `id`, `received_at`,
    /// `replayed_at` and `column`. While the clock may be wrong by weeks nobody has waited for long.
    func waitsSince(_ row: Row) -> Timestamp {
        let step: Int64 = row["clock_step"]
        let since =
            row.timeIfAny("replayed_at").map { replayed in date(replayed) { $0.number > step } }
            ?? arrival(row.time("received_at"), of: EventID(number: row["id"]))
        return leap.map { max($0, since) } ?? since
    }

    /// Whether the id of an event is ahead of its arrival: ids only grow, also where the clock does not.
    func isAhead(_ event: EventID) -> Bool { all.contains { $0.noticed < event.moment && explains($0, event.moment) } }

    /// Whether a time that the store has seen came from a clock that was put back since.
    func explain(_ time: Timestamp) -> Bool { all.contains { explains($0, time) } }

    /// The last step before a moment. All that happened before the step happened before that moment.
    func last(before moment: Timestamp) -> Step? { all.last { $0.noticed < moment } }

    private func explains(_ step: Step, _ time: Timestamp) -> Bool { time.milliseconds <= step.end }

    private func date(_ date: Timestamp, _ isBefore: (Step) -> Bool) -> Timestamp {
        all.filter(isBefore).reduce(date) { min($0, $1.noticed) }
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
