import Synchronization

/// How many log lines about refused and failed work the process writes, whoever brings it about and wherever: a log is
/// worth nothing to whoever must find a line in it, and costs a write for each.
///
/// Of the lines of any second one is kept back, for how many there were beside them.
package final class LineBudget: Sendable {
    /// Lines in any second, the count of what was left out among them.
    package static let perSecond = 50
    private static let second: UInt64 = 1_000_000_000

    private struct State {
        /// When the latest lines were written; the next one takes the place of the earliest.
        var written = [UInt64?](repeating: nil, count: LineBudget.perSecond - 1)
        var next = 0
        var leftOut = 0
        var summarised: UInt64?
    }

    private let state = Mutex(State())

    /// A budget nothing was taken of.
    package init() {}

    /// Takes a line at `now`, in nanoseconds of a clock that only goes forward. When false, the caller says later how
    /// many there were, or leaves that to `leaveOut`.
    package func spend(at now: UInt64) -> Bool {
        state.withLock { state in
            if let earliest = state.written[state.next], now < earliest &+ Self.second { return false }
            state.written[state.next] = now
            state.next = (state.next + 1) % state.written.count
            return true
        }
    }

    /// Counts what is written nowhere.
    package func leaveOut(_ count: Int = 1) {
        state.withLock { $0.leftOut += count }
    }

    /// Takes a line, or counts it as left out.
    package func spendOrLeaveOut(at now: UInt64) -> Bool {
        if spend(at: now) { return true }
        leaveOut()
        return false
    }

    /// How much was left out since the last time; nil when nothing was, or when that was said within this second.
    package func summary(at now: UInt64) -> Int? {
        state.withLock { state in
            guard state.leftOut > 0 else { return nil }
            if let summarised = state.summarised, now < summarised &+ Self.second { return nil }
            defer { (state.leftOut, state.summarised) = (0, now) }
            return state.leftOut
        }
    }
}
