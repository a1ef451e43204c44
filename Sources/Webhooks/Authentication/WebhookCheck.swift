package import Installations
import Marketplace

/// What is said of a webhook that somebody else received: a gateway in front, another program.
package enum WebhookVerdict: Sendable {
    /// It carries a token that was given for this installation and path.
    case genuine(AuthenticatedWebhook)
    /// Not believed.
    case refused(WebhookRefusal)
    /// Its token is genuine, but its body is not JSON.
    case notJSON

    /// The closed word for logs and metrics.
    package var label: String {
        switch self {
        case .genuine: return "genuine"
        case .refused(let refusal): return refusal.label
        case .notJSON: return "body_not_json"
        }
    }
}

extension WebhookAuthenticator {
    /// Judges a webhook by the same walk as one that came in by the ingress, and stores nothing. Without a body, what the
    /// body says of its workspace goes unchecked.
    package func check(
        _ route: WebhookRoute, signature: String, event: String, body: [UInt8]?
    ) async throws(StoreError) -> WebhookVerdict {
        var admission = admit(route, signature: signature, event: event)
        if case .signed(let webhook) = admission { admission = try await resolve(webhook) }
        switch admission {
        case .refused(let refusal): return .refused(refusal)
        case .signed: return .refused(.unknownInstallation)
        case .authenticated(let webhook):
            guard let body else { return .genuine(webhook) }
            switch WebhookBody.inspect(body.span, for: webhook.id.workspaceID) {
            case .accepted: return .genuine(webhook)
            case .notJSON: return .notJSON
            case .otherWorkspace: return .refused(.workspaceDiffers)
            }
        }
    }
}
