package import Installations
package import Marketplace
package import Sealing

/// What one lifecycle call changes, decided and sealed: all of it is written, or nothing.
package struct LifecyclePlan: Sendable {
    /// What was decided.
    package let decision: LifecycleDecision
    /// What is to be written, in this order.
    package fileprivate(set) var changes: [Change] = []
    /// Whether the call is one of too many that change nothing, to be counted after the commit.
    package fileprivate(set) var isUnrecorded = false

    /// A plan that changes nothing.
    package init(_ decision: LifecycleDecision) { self.decision = decision }

    /// Whether tokens are removed, so that the log must be emptied after the commit.
    package var hasErased: Bool {
        changes.contains { if case .eraseSecrets = $0 { true } else { false } }
    }

    /// The installations whose streams get an event.
    package var toldStreams: [InstallationNumber] {
        changes.compactMap { if case .append(let event) = $0 { event.installation } else { nil } }
    }

    /// Adds what is to be written next.
    package mutating func add(_ change: Change) { changes.append(change) }

    /// The same plan of a call that leaves no record.
    package mutating func leaveUnrecorded() { isUnrecorded = true }
}

/// What becomes of the row itself.
package enum RowChange: Sendable {
    /// A new row.
    case insert(InstallationProfile, WrappedInstallationKey)
    /// For an installation that ended before it was seen: a row without keys and tokens.
    case insertTombstone
    /// Another API URL, token set and set of tokens that were handed out.
    case replaceTokens(InstallationProfile)
    /// Another status.
    case setStatus
    /// The status it ends with, and when.
    case end
}

/// What a row says that decides nothing.
package struct InstallationProfile: Sendable {
    /// The add-on's own user; empty when absent.
    package let addonUserID: String
    /// The user on whose behalf it was installed; empty when absent.
    package let asUser: String

    /// What an INSTALLED says.
    package init(_ request: InstallRequest) {
        addonUserID = request.addonUserID
        asUser = request.asUser
    }
}

/// The key of an installation as its row keeps it.
package struct WrappedInstallationKey: Sendable {
    /// Which key.
    package let id: InstallationKeyID
    /// The key itself, wrapped.
    package let wrapped: SealedValue
    /// The storage key it is wrapped under.
    package let under: StorageKeyID

    /// A key under a storage key.
    package init(id: InstallationKeyID, wrapped: SealedValue, under: StorageKeyID) {
        self.id = id
        self.wrapped = wrapped
        self.under = under
    }
}

/// The sealed values beside a row that have a name.
package enum SecretName: String, Sendable {
    /// The platform API token.
    case installationToken = "installation-token"
    /// The settings as JSON.
    case settings
}

/// A webhook token as it is kept: an engine gets it sealed only.
package struct SealedWebhookToken: Sendable {
    /// The path it was given for.
    package let path: RoutePath
    /// That path as the platform wrote it.
    package let wirePath: String
    /// The token, sealed for its place.
    package let sealed: SealedValue

    /// The token of a grant in its place.
    package init(of grant: WebhookGrant, sealed: SealedValue) {
        path = grant.path
        wirePath = grant.wirePath
        self.sealed = sealed
    }
}

/// An event that a lifecycle call puts into the inbox.
package struct LifecycleEvent: Sendable {
    /// Its id.
    package let id: EventID
    /// The row number of the installation whose stream it is in.
    package let installation: InstallationNumber
    /// What it tells.
    package let type: String
    /// When the call arrived.
    package let receivedAt: Timestamp
    /// The call's payload less every token, sealed.
    package let body: SealedValue

    /// An event to be appended.
    package init(id: EventID, installation: InstallationNumber, type: String, receivedAt: Timestamp, body: SealedValue)
    {
        self.id = id
        self.installation = installation
        self.type = type
        self.receivedAt = receivedAt
        self.body = body
    }
}
