package import Installations
package import Marketplace
package import Sealing

/// The parts of an installation that are read beside its row.
package struct InstallationParts: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// Digests of all tokens that it was ever given.
    package static let handedOut = InstallationParts(rawValue: 1)
    /// Its sealed installation token and settings.
    package static let named = InstallationParts(rawValue: 2)
    /// Its sealed webhook tokens.
    package static let webhookTokens = InstallationParts(rawValue: 4)
}

/// What lies sealed beside the row of an installation, as far as it was asked for.
package struct StoredSecrets: Sendable {
    /// The installation token and the settings.
    package var named: [SecretName: [UInt8]] = [:]
    /// The webhook tokens, by path and then in the order in which the platform listed them.
    package var tokens: [StoredToken] = []

    /// Nothing yet.
    package init() {}
}

/// A webhook token as it lies in a store.
package struct StoredToken: Sendable {
    /// The path it was given for.
    package let path: String
    /// Its place among those of one set.
    package let ordinal: Int64
    /// The token, sealed.
    package var sealed: [UInt8]

    /// What was read.
    package init(path: String, ordinal: Int64, sealed: [UInt8]) {
        self.path = path
        self.ordinal = ordinal
        self.sealed = sealed
    }
}

/// A row of a list of installations, not judged yet.
package struct StoredInstallation: Sendable {
    /// What decides.
    package let known: KnownInstallation
    /// The add-on's own user; empty when absent.
    package let addonUserID: String
    /// The user on whose behalf it was installed; empty when absent.
    package let asUser: String
    /// When it was installed; nil for one that never was.
    package let installedAt: Timestamp?
    /// When it changed last.
    package let updatedAt: Timestamp
    /// When it ended; nil while it lives.
    package let endedAt: Timestamp?
    /// The key that its own is wrapped under; nil when that is gone.
    package let storageKey: StorageKeyID?
    /// The paths that have a token, in order.
    package let webhookPaths: [RoutePath]
    /// Its refused calls under the token set in force.
    package let refused: Int64

    /// What was read.
    package init(
        known: KnownInstallation, addonUserID: String, asUser: String, installedAt: Timestamp?, updatedAt: Timestamp,
        endedAt: Timestamp?, storageKey: StorageKeyID?, webhookPaths: [RoutePath], refused: Int64
    ) {
        self.known = known
        self.addonUserID = addonUserID
        self.asUser = asUser
        self.installedAt = installedAt
        self.updatedAt = updatedAt
        self.endedAt = endedAt
        self.storageKey = storageKey
        self.webhookPaths = webhookPaths
        self.refused = refused
    }

    /// The installation as an operator sees it.
    func judged(by authority: Authority) -> Installation {
        let standing = known.standing
        return Installation(
            id: standing.id, number: standing.number, status: standing.status, apiURL: standing.apiURL,
            addonUserID: addonUserID, asUser: asUser, installedAt: installedAt, updatedAt: updatedAt, endedAt: endedAt,
            tokenSet: standing.tokenSet, storageKey: storageKey, webhookPaths: webhookPaths,
            isGenuine: standing.isGenuine(by: authority, latest: known.latest),
            refusedSinceInstall: standing.status.isLive ? refused : 0)
    }
}
