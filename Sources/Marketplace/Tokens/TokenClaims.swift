/// What a token claims, as far as anything here uses it.
package struct TokenClaims: Hashable, Sendable {
    /// `sub`, already equal to the key of the add-on it was read for.
    package let addonKey: AddonKey
    /// The workspace.
    package let workspaceID: WorkspaceID
    /// The installation.
    package let addonID: AddonID
    /// `backendUrl`, when there is one and it is a string. Any URL: `PlatformHosts` decides whether it is used.
    package let backendURL: String?
}

/// The four kinds of token the platform signs. Nothing in a token tells them apart (protocol.md section 1.7).
package enum TokenKind: String, CaseIterable, Sendable {
    /// The platform API token of one installation.
    case installation
    /// Comes with every webhook request of one installation.
    case webhook
    /// Comes with a lifecycle call.
    case lifecycle
    /// Thirty minutes of one workspace member's rights; never accepted here.
    case user
}
