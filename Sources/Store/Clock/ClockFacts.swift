package import Installations

/// What a store knows of the clock.
package struct ClockFacts: Sendable {
    /// No deployment is left alone for longer without somebody who knows.
    private static let leap: Int64 = 30 * 86_400_000
    /// How exactly it is known when events were cleared away last.
    private static let sweepPrecision: Int64 = 3_600_000

    /// The latest time it showed when it was looked at.
    package let shown: Timestamp
    /// When events were cleared away last.
    package let swept: Timestamp
    /// When the newest event arrived, if that was after the clock was put back last.
    package let arrived: Timestamp?
    /// The newest event and the newest record of the audit log.
    private let last: (event: EventID, record: RecordNumber)
    /// When it was put back, oldest first, without those that were undone.
    private let all: [ClockStep]

    /// What was read; the beginning of time for what is not known.
    package init(
        shown: Timestamp?, swept: Timestamp?, arrived: Timestamp?, last: (event: EventID, record: RecordNumber),
        steps: [ClockStep]
    ) {
        let none = Timestamp(milliseconds: 0)
        self.shown = shown ?? none
        self.swept = swept ?? none
        self.arrived = arrived
        self.last = last
        all = steps
    }

    /// When it was put back.
    package var steps: ClockSteps { ClockSteps(all, leap: isLeap(to: shown) ? shown : nil) }

    /// The latest time it showed, as far as the store knows: also of an event that arrived between two looks.
    package var newest: Timestamp { max(shown, arrived ?? shown) }

    /// Whether the clock was put back.
    package func isBehind(_ now: Timestamp) -> Bool { newest.milliseconds > now.milliseconds + ClockSteps.precision }

    /// Whether the clock is so far beyond the last time events were cleared away that it may be wrong.
    package func isLeap(to now: Timestamp) -> Bool {
        swept.milliseconds > 0 && now.milliseconds - swept.milliseconds > Self.leap
    }

    /// Whether what it shows is to be kept: once a minute, and at once when it was put back.
    package func isNews(_ now: Timestamp) -> Bool {
        isBehind(now) || now.milliseconds > shown.milliseconds + ClockSteps.precision
    }

    /// What is written of a look at it.
    ///
    /// - Parameter isSteady: Whether it went no faster than time does since it was looked at last.
    package func look(_ now: Timestamp, isSteady: Bool) -> [Change] {
        guard isNews(now) else { return [] }
        var changes: [Change] = [.clock(.shows(now))]
        if isBehind(now) {
            changes.append(
                .clock(.wasPutBack(to: now, from: newest, behind: last.event, record: last.record)))
        } else if !isSteady {
            // It jumped to where it had been, or nobody saw it go there: what it showed then may have been right, and a date
            // of then is no longer ahead.
            changes.append(.clock(.undoSteps(from: shown, to: now)))
        }
        return changes
    }

    /// What is written when events are cleared away.
    package func sweep(_ now: Timestamp) -> [Change] {
        abs(now.milliseconds - swept.milliseconds) >= Self.sweepPrecision ? [.clock(.swept(now))] : []
    }
}

/// What is kept of the clock.
package enum ClockChange: Sendable {
    /// The latest time it showed.
    case shows(Timestamp)
    /// A step behind this event and this record; the newest thousand are kept, as a clock that goes to and fro each
    /// second must not fill the disk.
    case wasPutBack(to: Timestamp, from: Timestamp, behind: EventID, record: RecordNumber)
    /// The steps whose latest time lies in this range count no more.
    case undoSteps(from: Timestamp, to: Timestamp)
    /// When events were cleared away.
    case swept(Timestamp)
}
