package import Installations
package import Sealing

/// What one lifecycle call changes, decided and sealed: all of it is written, or nothing.
package struct LifecyclePlan: Sendable {
    /// What was decided.
    package let decision: LifecycleDecision
    /// What is to be written, in this order.
    package fileprivate(set) var changes: [LifecycleWrite] = []
    /// Whether the call is one of too many that change nothing, to be counted after the commit.
    package fileprivate(set) var isUnrecorded = false

    /// A plan that changes nothing.
    package init(_ decision: LifecycleDecision) { self.decision = decision }

    /// Whether tokens are removed, so that the log must be emptied after the commit.
    package var hasErased: Bool {
        changes.contains { if case .eraseSecrets = $0 { true } else { false } }
    }

    /// The installations whose streams get an event.
    package var toldStreams: [Int64] {
        changes.compactMap { if case .append(let event) = $0 { event.installation } else { nil } }
    }

    package mutating func add(_ write: LifecycleWrite) { changes.append(write) }

    /// The same plan of a call that leaves no record.
    package mutating func leaveUnrecorded() { isUnrecorded = true }
}

/// One thing that a lifecycle call writes.
package enum LifecycleWrite: Sendable {
    /// A row of authority that says something else, from the audit record of this entry on, which is appended first.
    case row(RowChange, of: Standing, decidedBy: AuditEntry)
    /// An audit record that decides nothing.
    case record(AuditEntry)
    /// Something beside the row was changed.
    case touch(Int64)
    /// Another installation key, in place of one that did not open.
    case replaceKey(Int64, WrappedInstallationKey)
    /// All tokens, and the settings unless they are kept.
    case eraseSecrets(Int64, keepingSettings: Bool)
    /// A sealed value beside the row.
    case putSecret(Int64, SecretName, SealedValue)
    /// The tokens of a set, in the order in which the platform listed them.
    case putWebhookTokens(Int64, [SealedWebhookToken])
    /// Digests of tokens that were not handed out before.
    case keepHandedOut(Int64, [Digest])
    /// An event for the add-on's own code, in the stream of the installation it is about.
    case append(LifecycleEvent)
    /// The settings in its events go some days after its end.
    case noteEnd(Int64)
}

/// What becomes of the row itself.
package enum RowChange: Sendable {
    case insert(InstallationProfile, WrappedInstallationKey)
    /// For an installation that ended before it was seen: a row without keys and tokens.
    case insertTombstone
    case replaceTokens(InstallationProfile)
    case setStatus
    case end
}

/// What a row says that decides nothing.
package struct InstallationProfile: Sendable {
    package let addonUserID: String
    package let asUser: String

    package init(_ request: InstallRequest) {
        addonUserID = request.addonUserID
        asUser = request.asUser
    }
}

/// The key of an installation as its row keeps it.
package struct WrappedInstallationKey: Sendable {
    package let id: InstallationKeyID
    package let wrapped: SealedValue
    /// The storage key it is wrapped under.
    package let under: StorageKeyID

    package init(id: InstallationKeyID, wrapped: SealedValue, under: StorageKeyID) {
        self.id = id
        self.wrapped = wrapped
        self.under = under
    }
}

/// The sealed values beside a row that have a name.
package enum SecretName: String, Sendable {
    case installationToken = "installation-token"
    case settings
}

/// A webhook token as it is kept.
package struct SealedWebhookToken: Sendable {
    package let grant: WebhookGrant
    package let sealed: SealedValue

    package init(grant: WebhookGrant, sealed: SealedValue) {
        self.grant = grant
        self.sealed = sealed
    }
}

/// An event that a lifecycle call puts into the inbox.
package struct LifecycleEvent: Sendable {
    package let id: EventID
    package let installation: Int64
    package let type: String
    package let body: SealedValue

    package init(id: EventID, installation: Int64, type: String, body: SealedValue) {
        self.id = id
        self.installation = installation
        self.type = type
        self.body = body
    }
}
