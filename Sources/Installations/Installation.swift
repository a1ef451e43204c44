package import Marketplace
package import Sealing

/// Where an installation stands. The raw values are the contract's words, in SQL and JSON alike.
package enum InstallationStatus: String, CaseIterable, Sendable {
    /// Installed and enabled.
    case active = "ACTIVE"
    /// Installed, switched off by the workspace; its webhooks still count, its token is not given out.
    case inactive = "INACTIVE"
    /// Ended: a newer installation of the same add-on and workspace replaced it.
    case superseded = "SUPERSEDED"
    /// Ended: uninstalled. The row stays as a tombstone, so that a replayed INSTALLED is refused.
    case deleted = "DELETED"

    /// Whether webhooks of this installation are accepted.
    package var isLive: Bool { self == .active || self == .inactive }
}

/// One installation as an operator sees it: no token, no ciphertext, no key.
package struct Installation: Sendable {
    /// The full key.
    package let id: InstallationID
    /// Position in the order of creation; what list cursors name.
    package let number: InstallationNumber
    /// Where it stands.
    package let status: InstallationStatus
    /// The workspace's API base URL; empty when none was given or its host is not allowed.
    package let apiURL: String
    /// The add-on's own user in the workspace; empty when the platform gave none.
    package let addonUserID: String
    /// The user on whose behalf it was installed; empty when the platform gave none.
    package let asUser: String
    /// When INSTALLED was committed; nil for a tombstone of an installation that was never seen.
    package let installedAt: Timestamp?
    /// When the row last changed.
    package let updatedAt: Timestamp
    /// When it was superseded or deleted.
    package let endedAt: Timestamp?
    /// Which of its token sets is in force.
    package let tokenSet: TokenSet
    /// The storage key its installation key is wrapped under; nil when that key is gone.
    package let storageKey: StorageKeyID?
    /// Manifest paths that have a token, in order; empty for an ended one.
    package let webhookPaths: [RoutePath]
    /// Whether what the row decides is authentic; if not, somebody without the deployment's key changed it, and it counts
    /// for nothing but being shown.
    package let isGenuine: Bool
    /// How many webhooks since its last INSTALLED were signed by the platform and had none of its tokens. None for one that ended.
    package let refusedSinceInstall: Int64

    /// Where its token may be sent today: nil when the row is not authentic or its URL's host is not allowed any more.
    package func apiURL(allowed hosts: PlatformHosts) -> APIURL? {
        isGenuine ? APIURL(apiURL, allowed: hosts) : nil
    }

    /// An installation as it stands in a store.
    package init(
        id: InstallationID, number: InstallationNumber, status: InstallationStatus, apiURL: String, addonUserID: String,
        asUser: String, installedAt: Timestamp?, updatedAt: Timestamp, endedAt: Timestamp?, tokenSet: TokenSet,
        storageKey: StorageKeyID?,
        webhookPaths: [RoutePath], isGenuine: Bool, refusedSinceInstall: Int64 = 0
    ) {
        self.id = id
        self.number = number
        self.status = status
        self.apiURL = apiURL
        self.addonUserID = addonUserID
        self.asUser = asUser
        self.installedAt = installedAt
        self.updatedAt = updatedAt
        self.endedAt = endedAt
        self.tokenSet = tokenSet
        self.storageKey = storageKey
        self.webhookPaths = webhookPaths
        self.isGenuine = isGenuine
        self.refusedSinceInstall = refusedSinceInstall
    }
}
