package import Installations
package import Marketplace
import Sealing

/// Proof that a webhook request carries a token that was given for this installation and path. Only
/// `WebhookAuthenticator` makes one, and the inbox takes nothing else. An object, because it is handed on many times.
package final class AuthenticatedWebhook: Sendable {
    /// Whose webhook it is.
    package let id: InstallationID
    /// What it says happened. The platform does not sign this header (protocol.md section 1.4).
    package let event: EventType
    /// The route it came in by; needed when the token set changed under it.
    let route: WebhookRoute
    /// Digest of the token, to compare again should the token set have changed.
    let digest: Digest
    /// The token set that accepted it.
    let entry: DirectoryEntry

    init(id: InstallationID, event: EventType, route: WebhookRoute, digest: Digest, entry: DirectoryEntry) {
        self.id = id
        self.event = event
        self.route = route
        self.digest = digest
        self.entry = entry
    }
}

/// A webhook whose token the platform signed and this process verified. While no token set in memory has it, the store
/// must be asked.
package final class SignedWebhook: Sendable {
    let id: InstallationID
    let event: EventType
    let route: WebhookRoute
    let digest: Digest

    init(id: InstallationID, event: EventType, route: WebhookRoute, digest: Digest) {
        self.id = id
        self.event = event
        self.route = route
        self.digest = digest
    }
}

/// Where a webhook request stands once its headers were read.
package enum WebhookAdmission: Sendable {
    /// A token set in memory accepts it.
    case authenticated(AuthenticatedWebhook)
    /// Its signature is genuine; the store decides.
    case signed(SignedWebhook)
    /// Not believed.
    case refused(WebhookRefusal)

    /// Whose token it is; nil when nobody's.
    package var installation: InstallationID? {
        switch self {
        case .authenticated(let webhook): webhook.id
        case .signed(let webhook): webhook.id
        case .refused: nil
        }
    }
}
