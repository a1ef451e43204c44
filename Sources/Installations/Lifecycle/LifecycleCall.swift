package import Marketplace
package import Sealing

/// One authenticated change to one installation, ready to be committed.
package struct LifecycleCall: Sendable {
    /// Which installation.
    package let id: InstallationID
    /// What happened to it.
    package let change: LifecycleChange
    /// What the inbox keeps: the platform's payload less every token.
    package let payload: [UInt8]
    /// When the call arrived.
    package let receivedAt: Timestamp
    /// Who asks for it.
    package let actor: Actor
    /// Why, in an operator's words; empty for the platform's calls.
    package let reason: String
    /// The token it came with; nil for an operator's call.
    package let token: PresentedToken?

    /// A change whose sender is authenticated, but for what the store asks of `token`; the caller vouches for that.
    package init(
        id: InstallationID, change: LifecycleChange, payload: [UInt8], receivedAt: Timestamp, actor: Actor,
        reason: String = "", token: PresentedToken?
    ) {
        self.id = id
        self.change = change
        self.payload = payload
        self.receivedAt = receivedAt
        self.actor = actor
        self.reason = reason
        self.token = token
    }
}

/// The four things the platform tells about an installation.
package enum LifecycleChange: Sendable {
    /// INSTALLED, with every token it brought.
    case installed(InstallRequest)
    /// STATUS_CHANGED, with the status as sent.
    case statusChanged(String)
    /// SETTINGS_UPDATED, with the settings as JSON.
    case settingsUpdated(SecretBytes)
    /// DELETED, or an operator's `forget`.
    case deleted

    /// What the state machine needs to know of it.
    package var signal: LifecycleSignal {
        switch self {
        case .installed: return .installed
        case .statusChanged("ACTIVE"): return .activated
        case .statusChanged("INACTIVE"): return .deactivated
        case .statusChanged: return .unknownStatus
        case .settingsUpdated: return .settingsUpdated
        case .deleted: return .deleted
        }
    }
}

/// What INSTALLED brings, all of it verified.
package struct InstallRequest: Sendable {
    /// The platform API token (`authToken`).
    package let token: SecretBytes
    /// The API base URL, allowed by `platform.hosts`; empty when there is none.
    package let apiURL: String
    /// The add-on's own user; empty when absent.
    package let addonUserID: String
    /// The user on whose behalf it was installed; empty when absent.
    package let asUser: String
    /// One entry per webhook token. Several may name one path, and all tokens may be the same bytes.
    package let webhooks: [WebhookGrant]
    /// Tokens for paths that no request can have: never stored, but handed out like the others.
    package let unroutable: [SecretBytes]

    /// All that it hands out.
    package var tokens: [SecretBytes] { [token] + webhooks.map(\.token) + unroutable }

    /// A verified install.
    package init(
        token: SecretBytes, apiURL: String, addonUserID: String, asUser: String, webhooks: [WebhookGrant],
        unroutable: [SecretBytes] = []
    ) {
        self.token = token
        self.apiURL = apiURL
        self.addonUserID = addonUserID
        self.asUser = asUser
        self.webhooks = webhooks
        self.unroutable = unroutable
    }
}

/// A webhook token and the path it was given for.
package struct WebhookGrant: Sendable {
    /// The manifest's path it stands for; the wire's path, normalised, when the manifest has none like it.
    package let path: RoutePath
    /// The path as the platform wrote it, kept because its three forms are not fully understood.
    package let wirePath: String
    /// The token.
    package let token: SecretBytes

    /// A verified webhook token.
    package init(path: RoutePath, wirePath: String, token: SecretBytes) {
        self.path = path
        self.wirePath = wirePath
        self.token = token
    }
}
