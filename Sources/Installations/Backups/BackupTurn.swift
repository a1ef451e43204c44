import Synchronization

/// Lets one backup be under way at a time, as each takes as much room as the store; and knows the last ones that were sent
/// whole, until their callers say that they keep them.
final class BackupTurn: Sendable {
    /// A backup that was sent whole.
    struct Sent: Sendable {
        let id: String
        let backup: Backup
        let manifest: BackupManifest
        /// Why the audit log does not tell of it; nil when it does.
        let problem: StoreError?
    }

    /// As many as their callers may still be syncing.
    static let kept = 8

    private struct State {
        var holder: (name: String, since: Timestamp)?
        var sent: [Sent] = []
    }

    private let state = Mutex(State())

    /// Takes the turn until the place is let go.
    func acquire(for name: String, at: Timestamp) throws(BackupError) -> Place {
        let holder = state.withLock { state in
            defer { if state.holder == nil { state.holder = (name, at) } }
            return state.holder
        }
        if let holder { throw .busy(name: holder.name, since: holder.since) }
        return Place(self)
    }

    /// The turn of one backup; given back when nobody holds it, on whatever path that is, or before.
    final class Place: Sendable {
        private let turn: BackupTurn
        private let isOver = Atomic(false)

        fileprivate init(_ turn: BackupTurn) { self.turn = turn }

        deinit { release() }

        func release() {
            guard !isOver.exchange(true, ordering: .acquiringAndReleasing) else { return }
            turn.state.withLock { $0.holder = nil }
        }
    }

    func note(_ sent: Sent) {
        state.withLock { state in state.sent = state.sent.suffix(Self.kept - 1) + [sent] }
    }

    /// The backup that was sent whole under this id, once.
    func removeSent(_ id: String) -> Sent? {
        state.withLock { state in
            guard let index = state.sent.firstIndex(where: { $0.id == id }) else { return nil }
            return state.sent.remove(at: index)
        }
    }
}
