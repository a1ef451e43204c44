/// What is counted over time: a closed list. The raw values are the words in SQL and JSON alike.
package enum HistorySeries: Hashable, Sendable {
    /// Webhooks that were taken.
    case accepted
    /// Events that were delivered.
    case delivered
    /// Attempts after which an event waits on.
    case retried
    /// Events that were given up.
    case dead
    /// Calls of the platform's that were not taken, by the closed word why.
    case refused(String)
    /// Starts of a process.
    case started
    /// Rotations that were begun.
    case rotated
    /// Targets that were paused.
    case paused

    private static let plain: [String: HistorySeries] = [
        "accepted": .accepted, "delivered": .delivered, "retried": .retried, "dead": .dead, "started": .started,
        "rotated": .rotated, "paused": .paused,
    ]

    /// Reads a word; nil for any other.
    package init?(_ text: String) {
        if let plain = Self.plain[text] {
            self = plain
        } else if text.hasPrefix("refused."), (9...64).contains(text.utf8.count) {
            self = .refused(String(text.dropFirst(8)))
        } else {
            return nil
        }
    }

    /// The word.
    package var text: String {
        switch self {
        case .refused(let reason): "refused.\(reason)"
        default: "\(self)"
        }
    }
}

/// How long each count is for.
package enum HistorySpan: Int64, CaseIterable, Sendable {
    case minute = 60
    case hour = 3600

    /// How many are kept: a day of minutes, thirty days of hours.
    package var kept: Int64 { self == .minute ? 1440 : 720 }

    /// Which one a moment is in, counted since 1970.
    package func number(of moment: Timestamp) -> Int64 { moment.seconds / rawValue }

    /// When one begins.
    package func start(of number: Int64) -> Timestamp { Timestamp(milliseconds: number * rawValue * 1000) }
}

/// How often something happened in one span, or in several that are one step of a chart.
package struct HistoryCount: Hashable, Sendable {
    /// The first span, counted since 1970.
    package let number: Int64
    /// What.
    package let series: HistorySeries
    /// How often.
    package let count: Int64

    /// A count.
    package init(number: Int64, series: HistorySeries, count: Int64) {
        self.number = number
        self.series = series
        self.count = count
    }
}

/// What persistence must promise for what operators see of the time that has passed.
package protocol HistoryStore: Sendable {
    /// Adds what happened just now, of all processes; and lets go of what is too old.
    func addHistory(_ counts: [HistorySeries: Int64], _ refused: [RefusedCalls], at: Timestamp) async throws(StoreError)

    /// The counts of spans with these numbers, those of `step` of them added up.
    func history(
        _ span: HistorySpan, in numbers: ClosedRange<Int64>, step: Int64
    ) async throws(StoreError) -> [HistoryCount]

    /// What is known that may need an operator, but for what takes long to count.
    func recentFacts(at: Timestamp) async throws(StoreError) -> RecentFacts
}
