package import Installations
import Marketplace

/// What is said of a webhook that somebody else received: a gateway in front, another program.
package enum WebhookVerdict: Sendable {
    /// It carries a token that was given for this path of this installation, which lives.
    case genuine(Installation)
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
    ///
    /// - Parameter store: Says whether the installation still lives. The inbox asks it for a webhook that is taken; a token set
    ///   in memory may be a moment behind.
    package func check(
        _ route: WebhookRoute, signature: String, event: String, body: [UInt8]?, in store: any InstallationStore
    ) async throws(StoreError) -> WebhookVerdict {
        var admission = admit(route, signature: signature, event: event)
        if case .signed(let webhook) = admission { admission = try await resolve(webhook) }
        let webhook: AuthenticatedWebhook
        switch admission {
        case .refused(let refusal): return .refused(refusal)
        case .signed: return .refused(.unknownInstallation)
        case .authenticated(let authenticated): webhook = authenticated
        }
        if let body {
            switch WebhookBody.inspect(body.span, for: webhook.id.workspaceID) {
            case .accepted: break
            case .notJSON: return .notJSON
            case .otherWorkspace: return .refused(.workspaceDiffers)
            }
        }
        guard let installation = try await store.installation(webhook.id), installation.status.isLive else {
            return .refused(.unknownInstallation)
        }
        // Another process may have been given other tokens meanwhile.
        if installation.tokenSet != webhook.entry.tokenSet,
            case .refused(let refusal) = try await resolve(reconsider(webhook))
        {
            return .refused(refusal)
        }
        return .genuine(installation)
    }
}
