import Installations
import Synchronization
import Webhooks

/// How many events wait and how many are dead letters, of each installation and in all, with the bytes of their bodies: asked for
/// each webhook, so it is kept in memory.
final class KeptCounts: Sendable {
    private struct State {
        var waiting = KeptEvents()
        var dead = KeptEvents()
        /// Waiting and dead together. As many entries as there are installations with any.
        var byInstallation: [InstallationNumber: KeptEvents] = [:]
        /// Whether others share the store, or did: from then on all is as it was counted for all, and what this process changed
        /// since. And the number of the count.
        var isShared = false
        var counted: Int64 = 0
    }

    private let state = Mutex(State())

    /// Events that wait.
    var waitingEvents: Int { state.withLock { max(0, $0.waiting.events) } }

    /// Those and the dead letters.
    var kept: KeptEvents { state.withLock { $0.waiting + $0.dead } }

    /// The same of one installation.
    func kept(of installation: InstallationNumber) -> KeptEvents {
        state.withLock { $0.byInstallation[installation] ?? KeptEvents() }
    }

    /// A transaction was committed.
    func apply(_ changes: KeptChanges) {
        guard !changes.all.isEmpty else { return }
        state.withLock { state in
            for change in changes.all {
                let size = KeptEvents(events: change.events, bytes: change.bytes)
                if change.isDead { state.dead += size } else { state.waiting += size }
                let left = (state.byInstallation[change.installation] ?? KeptEvents()) + size
                state.byInstallation[change.installation] = left.events > 0 ? left : nil
            }
        }
    }

    /// What one process counted for all.
    func adopt(_ counted: CountedEvents?, isAlone: Bool) {
        state.withLock { state in
            state.isShared = state.isShared || !isAlone
            guard let counted, state.isShared, counted.number != state.counted else { return }
            state = State(
                waiting: counted.waiting, dead: counted.dead, byInstallation: counted.largest, isShared: true,
                counted: counted.number)
        }
    }

    /// What there is, counted anew.
    func reset(_ counted: KeptChanges) {
        state.withLock { $0 = State() }
        apply(counted)
    }
}

/// What one transaction changes in it.
struct KeptChanges {
    fileprivate struct Change {
        let installation: InstallationNumber
        let isDead: Bool
        let events: Int
        let bytes: Int
    }

    fileprivate private(set) var all: [Change] = []

    /// Events of an installation wait, or are dead letters, from now on; fewer than none for those that do so no more.
    mutating func add(_ events: Int, of bytes: Int, to installation: InstallationNumber, asDead isDead: Bool = false) {
        all.append(Change(installation: installation, isDead: isDead, events: events, bytes: bytes))
    }
}
