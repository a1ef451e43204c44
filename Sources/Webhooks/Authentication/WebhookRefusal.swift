package import Marketplace

/// Why a webhook was not believed. The answer is the same 401 for all of them; the word goes to the log and the metric.
package enum WebhookRefusal: Error, Sendable {
    /// The token itself.
    case token(TokenRefusal)
    /// The event header is not an event name, or not one the manifest declares for this path.
    case eventNotOnRoute
    /// The token is genuine, but no live installation matches its claims.
    case unknownInstallation
    /// The token is genuine, but not one that was given for this path.
    case tokenNotOnRoute
    /// The body names another workspace than the token.
    case workspaceDiffers

    /// The closed word for logs and metrics.
    package var label: String {
        switch self {
        case .token(let refusal): return refusal.rawValue
        case .eventNotOnRoute: return "event_not_on_route"
        case .unknownInstallation: return "unknown_installation"
        case .tokenNotOnRoute: return "token_not_on_route"
        case .workspaceDiffers: return "workspace_differs"
        }
    }
}
