import Installations
import Synchronization

/// What this process knows of itself among those that share the store.
final class Membership: Sendable {
    private struct State {
        /// When it said last that it lives; nil while it does not serve.
        var beat: ContinuousClock.Instant?
        /// All instances as they were then.
        var instances: [Instance] = []
    }

    private let state = Mutex(State())

    /// Whether it may begin something that another must not do at the same time: it was heard of a moment ago, so nobody takes its
    /// place. A process that has the store to itself, or serves nothing, always may.
    var isHeard: Bool {
        state.withLock { state in
            state.beat.map { .now - $0 < .milliseconds(InstanceLife.silence) } ?? true
        }
    }

    /// Whether it does what one does for all: the oldest that lives.
    func isElected(_ epoch: Epoch?) -> Bool {
        state.withLock { state in
            guard state.beat != nil else { return true }
            return state.instances.filter(\.isLive).map(\.epoch).min() == epoch
        }
    }

    /// All instances, as they were heard of last.
    var instances: [Instance] { state.withLock { $0.instances } }

    /// It was heard of, by a message that was sent at `sent`.
    ///
    /// - Returns: Whether an instance is gone since: its streams are nobody's.
    func heard(_ beat: Beat, sent: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            let gone = Set(state.instances.map(\.epoch)).subtracting(beat.instances.map(\.epoch))
            state = State(beat: sent, instances: beat.instances)
            return !gone.isEmpty
        }
    }

    /// It serves no more.
    func left() { state.withLock { $0 = State() } }
}
