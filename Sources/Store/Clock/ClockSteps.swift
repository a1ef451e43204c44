package import Installations

/// A moment in which the clock was put back.
package struct ClockStep: Sendable {
    /// Grows with each.
    package let number: Int64
    /// What the clock showed after it was put back.
    package let noticed: Timestamp
    /// The latest it had shown before.
    package let newest: Timestamp
    /// The newest event that had arrived.
    package let event: EventID
    /// The newest record of the audit log.
    package let record: RecordNumber

    /// What was read.
    package init(number: Int64, noticed: Timestamp, newest: Timestamp, event: EventID, record: RecordNumber) {
        self.number = number
        self.noticed = noticed
        self.newest = newest
        self.event = event
        self.record = record
    }

    /// The latest time that can have come from the clock before.
    fileprivate var end: Int64 { newest.milliseconds + 2 * ClockSteps.precision }
}

/// The moments in which the clock was put back.
///
/// What was dated before such a step happened no later than the step, whatever its date says: every wait that began before lasts
/// from the step on as long as it may. Rows keep their dates, so that a clock that is put back by mistake destroys nothing.
package struct ClockSteps: Sendable {
    /// How far a clock may go back without being wrong, and how exactly the latest time is known that it showed.
    package static let precision: Int64 = 60_000

    /// Oldest first, without those that were undone.
    package let all: [ClockStep]
    /// What the clock shows, while it is so far ahead that it may be wrong.
    private let leap: Timestamp?

    /// Steps, and what the clock shows if that may be wrong by weeks.
    package init(_ all: [ClockStep], leap: Timestamp?) {
        self.all = all
        self.leap = leap
    }

    /// When an event arrived, at the latest.
    package func arrival(_ receivedAt: Timestamp, of event: EventID) -> Timestamp {
        date(receivedAt) { $0.event >= event }
    }

    /// When something happened, at the latest, of which the audit log's record `number` tells.
    package func date(_ date: Timestamp, recordedAs number: RecordNumber) -> Timestamp {
        self.date(date) { $0.record >= number }
    }

    /// Since when an event waits, at the latest: it arrived, or was replayed. While the clock may be wrong by weeks nobody has
    /// waited for long.
    package func waitsSince(_ event: EventDates) -> Timestamp {
        let since =
            event.replayedAt.map { replayed in date(replayed) { $0.number > event.step } }
            ?? arrival(event.receivedAt, of: event.id)
        return leap.map { max($0, since) } ?? since
    }

    /// Whether the id of an event is ahead of its arrival: ids only grow, also where the clock does not.
    package func isAhead(_ event: EventID) -> Bool {
        all.contains { $0.noticed < event.moment && explains($0, event.moment) }
    }

    /// Whether a time that the store has seen came from a clock that was put back since.
    package func explain(_ time: Timestamp) -> Bool { all.contains { explains($0, time) } }

    /// The last step before a moment. All that happened before the step happened before that moment.
    package func last(before moment: Timestamp) -> ClockStep? { all.last { $0.noticed < moment } }

    private func explains(_ step: ClockStep, _ time: Timestamp) -> Bool { time.milliseconds <= step.end }

    private func date(_ date: Timestamp, _ isBefore: (ClockStep) -> Bool) -> Timestamp {
        all.filter(isBefore).reduce(date) { min($0, $1.noticed) }
    }
}

/// The dates of an event.
package struct EventDates: Sendable {
    /// Which event.
    package let id: EventID
    /// When it arrived, by the clock of then.
    package let receivedAt: Timestamp
    /// When it was replayed last; nil when it never was.
    package let replayedAt: Timestamp?
    /// The last step of the clock before it was replayed or became a dead letter; 0 when there was none.
    package let step: Int64

    /// What was read.
    package init(id: EventID, receivedAt: Timestamp, replayedAt: Timestamp?, step: Int64) {
        self.id = id
        self.receivedAt = receivedAt
        self.replayedAt = replayedAt
        self.step = step
    }
}
