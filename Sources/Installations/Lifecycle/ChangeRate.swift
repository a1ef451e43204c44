import Synchronization

/// How often one installation may be changed by the platform. A lifecycle token of a live installation is enough to change it
/// again and again, and each change is a record in the audit log for ever and an event in the inbox.
///
/// DELETED is never refused, and an INSTALLED of another installation has a rate of its own: those come once.
package final class ChangeRate: Sendable {
    /// Changes of one installation in a window.
    package static let changes = 10_000
    /// Length of a window, in milliseconds.
    static let window: Int64 = 600_000
    /// Installations that are counted; while there are more, the others are not: whoever floods is among the first.
    static let installations = 4096

    private struct Window {
        let end: Int64
        var changes = 0

        /// Never for longer than its length from now: the clock may have been ahead when it began.
        func lasts(at now: Int64) -> Bool { end > now && end <= now + ChangeRate.window }
    }

    private struct State {
        var windows: [InstallationID: Window] = [:]
        /// When the ended ones were looked for last: at most once a second, as all are looked at.
        var sweptAt: Int64 = 0
    }

    private let changes: Int
    private let state = Mutex(State())

    /// A rate of so many changes of one installation in ten minutes.
    package init(changes: Int = ChangeRate.changes) {
        self.changes = changes
    }

    /// Whether a call is one too many.
    func refuses(_ call: LifecycleCall) -> Bool {
        if case .deleted = call.change { return false }
        return state.withLock { state in
            guard let window = state.windows[call.id], window.lasts(at: call.receivedAt.milliseconds) else {
                return false
            }
            return window.changes >= changes
        }
    }

    /// Counts a call that changed something and could be repeated.
    func count(_ call: LifecycleCall, _ decision: LifecycleDecision) {
        switch decision {
        case .replaceTokens, .setStatus, .storeSettings: break
        case .create, .end, .tombstone, .ignore, .refuse, .refuseStoredToken, .refuseStaleToken: return
        }
        state.withLock { state in
            let now = call.receivedAt.milliseconds
            if let window = state.windows[call.id], !window.lasts(at: now) { state.windows[call.id] = nil }
            if state.windows[call.id] == nil, state.windows.count >= Self.installations {
                guard !(0..<1000).contains(now - state.sweptAt) else { return }
                state.sweptAt = now
                state.windows = state.windows.filter { $0.value.lasts(at: now) }
                guard state.windows.count < Self.installations else { return }
            }
            state.windows[call.id, default: Window(end: now + Self.window)].changes += 1
        }
    }
}
