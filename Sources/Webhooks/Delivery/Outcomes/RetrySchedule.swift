package import Installations

/// When a failed event is tried again, and when it is given up: exponential backoff with full jitter, for about three
/// days.
package struct RetrySchedule: Sendable {
    /// The first wait is at most this long; each further one at most twice the one before.
    package var first: Int64 = 2_000
    /// No wait that we choose is longer, in milliseconds.
    package var longest: Int64 = 3_600_000
    /// No wait that a target asks for is longer, in milliseconds: an answer must not park a stream for ever.
    package var longestAsked: Int64 = 86_400_000
    /// How long an event is tried, in milliseconds, from the moment it arrived or was replayed.
    ///
    /// Not from its first attempt: behind an event that failed for three days, every other would begin three days of its
    /// own, and the stream would never catch up.
    package var patience: Int64 = 3 * 86_400_000
    /// An event is given up only after as many attempts, however long it waited behind others.
    package var fewestAttempts = 3

    /// The schedule of `serve`.
    package init() {}

    /// Milliseconds until the next attempt.
    ///
    /// Full jitter (any wait up to the bound) spreads the streams that failed together at an outage.
    ///
    /// - Parameters:
    ///   - attempts: Attempts so far, at least 1.
    ///   - asked: What the target asked for, `Retry-After`.
    ///   - random: A random number from 0 to 1.
    package func wait(after attempts: Int, asked: Int64? = nil, random: Double) -> Int64 {
        let doublings = min(max(attempts - 1, 0), 30)
        let bound = min(longest, first << doublings)
        let jittered = Int64(Double(bound) * min(max(random, 0), 1))
        return max(jittered, min(asked ?? 0, longestAsked))
    }

    /// Whether an event that failed just now is given up.
    package func isOver(attempts: Int, since: Timestamp, now: Timestamp) -> Bool {
        attempts >= fewestAttempts && now.milliseconds - since.milliseconds >= patience
    }
}
