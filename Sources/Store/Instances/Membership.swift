import Installations
import Synchronization

/// What this process knows of itself among those that share the store.
final class Membership: Sendable {
    private struct State {
        /// When it said last that it lives; nil while it does not serve.
        var beat: ContinuousClock.Instant?
        /// Since when it was never silent for so long that others took it for dead.
        var unbrokenSince: ContinuousClock.Instant?
        /// Whether it lacks a storage key that is in use: it would hold back what others can deliver.
        var lacksKey = false
        /// All instances as they were then.
        var instances: [Instance] = []

        var isHeard: Bool { beat.map { .now - $0 < .milliseconds(InstanceLife.silence) } ?? true }
    }

    private let state = Mutex(State())

    /// Whether it may begin something that another must not do at the same time: it was heard of a moment ago, so nobody takes its
    /// place. A process that has the store to itself, or serves nothing, always may.
    var isHeard: Bool { state.withLock { $0.isHeard } }

    /// The same without a break since a moment: what was taken then is its own still. Whoever stood still for long, and was heard of
    /// again since, has lost it.
    func isHeard(since moment: ContinuousClock.Instant) -> Bool {
        state.withLock { state in state.isHeard && state.unbrokenSince.map { $0 <= moment } ?? true }
    }

    /// Whether it may take streams.
    var mayTake: Bool { state.withLock { $0.isHeard && !$0.lacksKey } }

    /// Whether it lacks a storage key.
    func note(lacksKey: Bool) { state.withLock { $0.lacksKey = lacksKey } }

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
    /// - Returns: Whether streams may be nobody's: an instance is gone since, or may have come and gone unseen.
    func heard(_ beat: Beat, sent: ContinuousClock.Instant) -> Bool {
        state.withLock { state in
            let wasHeard = state.beat.map { sent - $0 < .milliseconds(InstanceLife.silence) } ?? false
            let gone = Set(state.instances.map(\.epoch)).subtracting(beat.instances.map(\.epoch))
            let isBroken = state.beat != nil && !wasHeard
            if !wasHeard { state.unbrokenSince = sent }
            (state.beat, state.instances) = (sent, beat.instances)
            return isBroken || !gone.isEmpty
        }
    }

    /// It serves no more.
    func left() { state.withLock { $0 = State() } }
}
