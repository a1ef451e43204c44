/// Webhooks of an installation that were signed by the platform and had none of its tokens.
package struct RefusedCalls: Hashable, Sendable {
    /// Whose.
    package let installation: InstallationNumber
    /// They were counted since this set is in force.
    package let tokenSet: TokenSet
    /// How many.
    package let count: Int64
    /// When the last one came.
    package let lastAt: Timestamp

    /// Some calls.
    package init(installation: InstallationNumber, tokenSet: TokenSet, count: Int64, lastAt: Timestamp) {
        self.installation = installation
        self.tokenSet = tokenSet
        self.count = count
        self.lastAt = lastAt
    }
}

/// An installation whose webhooks come with tokens that are not its own.
package struct MismatchedInstallation: Hashable, Sendable {
    /// Whose.
    package let id: InstallationID
    /// How many since its last INSTALLED.
    package let count: Int64
    /// When the last one came.
    package let lastAt: Timestamp

    /// What was read.
    package init(id: InstallationID, count: Int64, lastAt: Timestamp) {
        self.id = id
        self.count = count
        self.lastAt = lastAt
    }
}
