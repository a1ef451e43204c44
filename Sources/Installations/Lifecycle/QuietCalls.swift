import Marketplace
import Synchronization

/// Genuine calls that change nothing, so that a flood of them does not fill the audit log: one genuine token of an installation
/// that is unknown or has ended is enough to send thousands a second, and a record can never be removed.
///
/// The first of each add-on and workspace are recorded one by one, and the others summed up in one record when their time is
/// over. What is counted is bounded: beyond that many workspaces they are counted under their add-on, of which there are few. A
/// crash loses the counts of the window under way, and no record.
package final class QuietCalls: Sendable {
    /// Records of their own for each place in a window.
    package static let records = 10
    /// Length of a window, in milliseconds.
    package static let window: Int64 = 600_000
    /// Workspaces that are counted apart.
    package static let workspaces = 1024

    private struct Place: Hashable {
        let addonKey: AddonKey
        /// Nil for all workspaces that are not counted apart.
        let workspaceID: WorkspaceID?
    }

    private struct Window {
        let begin: Int64
        var records = 0
        /// By what came of them, a closed list.
        var summedUp: [String: Int] = [:]

        /// Also when the clock was put back behind its begin: nothing waits longer than a window.
        func isOver(at: Int64) -> Bool { at < begin || at >= begin + QuietCalls.window }
    }

    private let windows = Mutex<[Place: Window]>([:])

    /// Nobody has called yet.
    package init() {}

    /// Whether a call of this installation gets a record of its own. Asked once for each.
    package func admitsRecord(_ id: InstallationID, at: Timestamp) -> Bool {
        windows.withLock { windows in
            let place = Self.place(of: id, windows)
            var window = windows[place] ?? Window(begin: at.milliseconds)
            defer { windows[place] = window }
            guard window.records < Self.records else { return false }
            window.records += 1
            return true
        }
    }

    /// Counts a call that got none, once it was answered for.
    package func count(_ id: InstallationID, _ decision: LifecycleDecision, at: Timestamp) {
        windows.withLock { windows in
            let place = Self.place(of: id, windows)
            windows[place, default: Window(begin: at.milliseconds)].summedUp[decision.outcome, default: 0] += 1
        }
    }

    /// The records of the windows that are over at this moment, which are forgotten. Whoever cannot write them gives them
    /// back.
    package func ended(at: Timestamp) -> [Summary] {
        windows.withLock { windows in
            let over = windows.filter { $0.value.isOver(at: at.milliseconds) }
            for place in over.keys { windows[place] = nil }
            return over.filter { !$0.value.summedUp.isEmpty }.map { place, window in
                Summary(addonKey: place.addonKey, workspaceID: place.workspaceID, counts: window.summedUp)
            }
        }
    }

    /// Takes back what could not be written: the next window of the same place has it too.
    package func putBack(_ summaries: [Summary], at: Timestamp) {
        windows.withLock { windows in
            for summary in summaries {
                // A place that was counted apart stays so: it was within the bound.
                let place = Place(addonKey: summary.addonKey, workspaceID: summary.workspaceID)
                windows[place, default: Window(begin: at.milliseconds)].summedUp
                    .merge(summary.counts, uniquingKeysWith: +)
            }
        }
    }

    private static func place(of id: InstallationID, _ windows: [Place: Window]) -> Place {
        let own = Place(addonKey: id.addonKey, workspaceID: id.workspaceID)
        if windows.count < workspaces || windows[own] != nil { return own }
        return Place(addonKey: id.addonKey, workspaceID: nil)
    }

    /// Calls of one place in one window.
    package struct Summary: Hashable, Sendable {
        let addonKey: AddonKey
        let workspaceID: WorkspaceID?
        let counts: [String: Int]

        /// The one record for all of them.
        package func entry(at: Timestamp) -> AuditEntry {
            let parts = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            return AuditEntry(
                at: at, actor: Actor.platform.text, action: AuditAction.sumUpCalls.rawValue,
                subject: addonKey.text + (workspaceID.map { "/\($0.text)" } ?? ""),
                outcome: "\(counts.values.reduce(0, +)) more calls changed nothing",
                detail: parts.joined(separator: ", "))
        }
    }
}

extension LifecycleDecision {
    /// Whether it leaves everything as it is.
    package var changesNothing: Bool {
        switch self {
        case .ignore, .refuse, .refuseStoredToken, .refuseStaleToken: return true
        case .create, .replaceTokens, .setStatus, .storeSettings, .end, .tombstone: return false
        }
    }
}
