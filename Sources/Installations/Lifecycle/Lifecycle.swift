/// What a lifecycle call says, as far as the state machine cares.
package enum LifecycleSignal: CaseIterable, Sendable {
    case installed, activated, deactivated, unknownStatus, settingsUpdated, deleted
}

/// What a lifecycle call does to the installation it names.
package enum LifecycleDecision: Hashable, Sendable {
    /// A new row, ACTIVE; every other live installation of the same add-on and workspace is superseded.
    case create
    /// The whole token set is replaced, the status kept.
    case replaceTokens
    /// The status changes.
    case setStatus(InstallationStatus)
    /// The settings are stored.
    case storeSettings
    /// The installation ends as DELETED and its secrets are erased.
    case end
    /// A row for an installation that was never seen, DELETED from the start.
    case tombstone
    /// Nothing changes; the audit log says why.
    case ignore(Reason)
    /// A replayed INSTALLED: answered with a conflict, nothing changes.
    case refuse
    /// The call came with a token that was handed out: it is not believed, nothing changes and nothing is recorded.
    case refuseStoredToken
    /// An INSTALLED came with a token that is older than that of the newest accepted one: it would roll the token set back.
    case refuseStaleToken

    /// Why a genuine call changes nothing.
    package enum Reason: String, CaseIterable, Sendable {
        case unknownInstallation = "unknown installation"
        case endedInstallation = "ended installation"
        case unknownStatus = "unknown status"
    }
}

/// The life of an installation as a pure function: contract.md section 2, table "Lifecycle".
///
/// The platform promises neither order nor exactly-once, so every signal has an answer in every state. An ended
/// installation never comes back: its `addonId` is not reused, hence an INSTALLED for it can only be a replay.
package enum Lifecycle {
    /// Decides what `signal` does to an installation that stands at `status`; nil is one never heard of.
    package static func decide(_ signal: LifecycleSignal, at status: InstallationStatus?) -> LifecycleDecision {
        switch (status, signal) {
        case (nil, .installed): return .create
        case (nil, .deleted): return .tombstone
        case (nil, .activated), (nil, .deactivated), (nil, .unknownStatus), (nil, .settingsUpdated):
            return .ignore(.unknownInstallation)

        case (.active, .installed), (.inactive, .installed): return .replaceTokens
        case (.active, .activated), (.inactive, .activated): return .setStatus(.active)
        case (.active, .deactivated), (.inactive, .deactivated): return .setStatus(.inactive)
        case (.active, .unknownStatus), (.inactive, .unknownStatus): return .ignore(.unknownStatus)
        case (.active, .settingsUpdated), (.inactive, .settingsUpdated): return .storeSettings
        case (.active, .deleted), (.inactive, .deleted): return .end

        case (.superseded, .installed), (.deleted, .installed): return .refuse
        case (.superseded, _), (.deleted, _): return .ignore(.endedInstallation)
        }
    }
}

extension Lifecycle {
    /// How much older than the newest accepted INSTALLED another may be, in seconds: two that were signed together may come
    /// in either order.
    static let staleness: Int64 = 60

    /// Whether an INSTALLED signed at `issuedAt` is too old for an installation whose newest was signed at `newest`; never
    /// where either says nothing. Both in unix seconds.
    package static func isStale(_ issuedAt: Int64?, newest: Int64?) -> Bool {
        guard let issuedAt, let newest, newest > .min + staleness else { return false }
        return issuedAt < newest - staleness
    }
}

extension LifecycleDecision {
    /// The type of the inbox event that tells the add-on's own code; nil when there is nothing to tell.
    package var eventType: String? {
        switch self {
        case .create, .replaceTokens: return "addon.installed"
        case .setStatus: return "addon.status_changed"
        case .storeSettings: return "addon.settings_updated"
        case .end: return "addon.deleted"
        case .tombstone, .ignore, .refuse, .refuseStoredToken, .refuseStaleToken: return nil
        }
    }

    /// The event that closes the stream of an installation which a reinstall replaced.
    package static let supersededEventType = "addon.superseded"

    /// What the audit log calls it, where it is recorded.
    package var outcome: String {
        switch self {
        case .create: return "installed"
        case .replaceTokens: return "tokens replaced"
        case .setStatus(let status): return "status \(status.rawValue)"
        case .storeSettings: return "settings stored"
        case .end: return "deleted"
        case .tombstone: return "tombstone created"
        case .ignore(let reason): return "ignored: \(reason.rawValue)"
        case .refuse: return "refused: already ended"
        case .refuseStoredToken: return "refused: stored token"
        case .refuseStaleToken: return "refused: older than the newest"
        }
    }
}
