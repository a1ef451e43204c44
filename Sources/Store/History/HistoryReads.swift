package import Installations
package import Webhooks

/// Reads of what happened over time.
package protocol HistoryReads {
    /// Counts of spans with numbers in a range, those of `step` of them added up, in no order.
    func history(_ span: HistorySpan, in numbers: ClosedRange<Int64>, step: Int64) throws -> [HistoryCount]

    /// The attempts that are kept of an event, oldest first.
    func attempts(of event: EventID) throws -> [Attempt]

    /// Live installations with at least `count` refused calls whose last came in a range of time, the newest first.
    func refusals(
        atLeast count: Int64, in range: ClosedRange<Timestamp>, limit: Int
    ) throws -> [(InstallationID, RefusedCalls)]
}

/// What is written of it.
package enum HistoryChange: Sendable {
    /// Adds to the counts of one span of each length.
    case add([HistorySeries: Int64], at: Timestamp)
    /// Lets go of what lies outside of what is kept at a moment.
    case prune(at: Timestamp)
    /// Adds refused calls; those of an earlier token set count no more.
    case refused([RefusedCalls])
}
