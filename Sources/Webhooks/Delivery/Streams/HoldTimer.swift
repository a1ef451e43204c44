package import Installations
import Synchronization

/// Wakes the dispatcher when a hold ends, also one that was made while it slept for a later one.
package final class HoldTimer: Sendable {
    private struct State {
        /// When the sleeper means to wake; nil while it is awake.
        var target: Timestamp?
        /// Whether a hold was made while it was awake, perhaps too late for what it has just read.
        var hasMissed = false
    }

    private let state = Mutex(State())
    /// Yields when it is time to look.
    let signal = Signal()

    /// Nothing is due.
    package init() {}

    /// Notes that a hold was made which ends at `time`. Called after its commit.
    package func set(_ time: Timestamp) {
        let isEarlier = state.withLock { state in
            guard let target = state.target else {
                state.hasMissed = true
                return false
            }
            return time < target
        }
        if isEarlier { signal.wake() }
    }

    /// Called by the sleeper before it looks: from now on it hears of every hold.
    func awake() {
        state.withLock { $0 = State() }
    }

    /// Called by the sleeper after it looked; false when it must look again at once.
    func sleep(until target: Timestamp) -> Bool {
        state.withLock { state in
            if state.hasMissed { return false }
            state.target = target
            return true
        }
    }

    /// Wakes after a time, unless cancelled before.
    func ring(after milliseconds: Int64) async {
        do {
            try await Task.sleep(for: .milliseconds(milliseconds))
            signal.wake()
        } catch {
            return  // Somebody else has woken the sleeper.
        }
    }
}
