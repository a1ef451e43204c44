package import Installations
import Synchronization

/// Which targets are paused, as this process knows it, and who must hear of a change.
package final class TargetPauses: Sendable {
    private struct State {
        var since: [TargetID: Timestamp] = [:]
        /// A pusher for each target, for as long as the process lives.
        var watchers: [Signal] = []
    }

    private let state = Mutex(State())

    /// None is.
    package init() {}

    /// Since when a target is paused; nil while it is not.
    package func since(_ target: TargetID) -> Timestamp? { state.withLock { $0.since[target] } }

    /// These are, and no others.
    package func replace(with pauses: [TargetPause]) {
        change { since in
            since = Dictionary(pauses.map { ($0.target, $0.since) }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// One is, too.
    package func add(_ pause: TargetPause) { change { $0[pause.target] = pause.since } }

    /// One is not any more.
    package func remove(_ target: TargetID) { change { $0[target] = nil } }

    /// Wakes at every change from now on.
    func watch(with signal: Signal) { state.withLock { $0.watchers.append(signal) } }

    private func change(_ body: (inout [TargetID: Timestamp]) -> Void) {
        let watchers = state.withLock { state in
            body(&state.since)
            return state.watchers
        }
        for watcher in watchers { watcher.wake() }
    }
}
