import Installations
import Marketplace
import NIOCore
import NIOHTTP1
import Webhooks

/// What is decided about a request when its head has arrived and nothing of its body.
enum RequestAdmission {
    /// The answer is known. The body is let go by as it comes, never kept: a stranger cannot make the server hold one.
    case answered(Answer)
    /// The answer is whether the server is ready.
    case readiness
    /// The body is worth keeping.
    case webhook(WebhookAdmission)
    /// The body is worth keeping.
    case lifecycle(LifecycleType, AuthenticatedLifecycle)

    /// Whether the body is kept.
    var wantsBody: Bool {
        switch self {
        case .answered, .readiness: return false
        case .webhook, .lifecycle: return true
        }
    }
}

/// Finds the route of a request and judges its head. Runs on the event loops and never blocks.
///
/// A class, because every request takes a reference to it and none should copy it.
final class RequestRouter: Sendable {
    /// Where a request target leads.
    enum Target {
        case alive
        case readiness
        case manifest(ByteBuffer)
        case webhook(WebhookRoute)
        case lifecycle(LifecycleType, AddonKey)
        case unknown

        var kind: RouteKind {
            switch self {
            case .alive, .readiness: return .health
            case .manifest: return .manifest
            case .webhook: return .webhook
            case .lifecycle: return .lifecycle
            case .unknown: return .none
            }
        }
    }

    private let routes: RouteTable
    private let manifests: [ByteBuffer]
    private let webhooks: WebhookReceiver
    private let lifecycle: InstallationManager

    init(routes: RouteTable, webhooks: WebhookReceiver, lifecycle: InstallationManager) {
        self.routes = routes
        self.webhooks = webhooks
        self.lifecycle = lifecycle
        manifests = routes.manifests.map { ByteBuffer(bytes: $0.bytes) }
    }

    /// The route of a request target, whatever the method. The query is ignored.
    func target(of uri: String) -> Target {
        switch routes.route(uri) {
        case .webhook(let addon, let path, let events):
            return .webhook(WebhookRoute(addonKey: addon, path: path, events: events))
        case .lifecycle(let addon, let type): return .lifecycle(type, addon)
        case .manifest(let index): return .manifest(manifests[index])
        case nil: break
        }
        switch RoutePath.normalise(uri)?.text {
        case "/healthz": return .alive
        case "/readyz": return .readiness
        default: return .unknown
        }
    }

    /// Judges a request by its head: method first, then who sends it.
    func admit(_ method: HTTPMethod, _ target: Target, _ fields: RequestFields) -> RequestAdmission {
        switch (target, method) {
        case (.unknown, _): return .answered(.notFound)
        case (.alive, .GET), (.alive, .HEAD): return .answered(.text("ok"))
        case (.readiness, .GET), (.readiness, .HEAD): return .readiness
        case (.manifest(let bytes), .GET), (.manifest(let bytes), .HEAD): return .answered(.manifest(bytes))
        case (.webhook(let route), .POST): return admit(route, fields)
        case (.lifecycle(let type, let addon), .POST): return admit(type, addon, fields)
        case (.alive, _), (.readiness, _), (.manifest, _): return .answered(.methodNotAllowed(allow: "GET, HEAD"))
        case (.webhook, _), (.lifecycle, _): return .answered(.methodNotAllowed(allow: "POST"))
        }
    }

    private func admit(_ route: WebhookRoute, _ fields: RequestFields) -> RequestAdmission {
        guard let signature = fields.webhookSignature.single, let event = fields.webhookEvent.single else {
            return .answered(.unauthorized("header_count"))
        }
        let admission = webhooks.admit(route, signature: signature, event: event)
        if case .refused(let refusal) = admission { return .answered(.unauthorized(refusal.label)) }
        return .webhook(admission)
    }

    private func admit(_ type: LifecycleType, _ addon: AddonKey, _ fields: RequestFields) -> RequestAdmission {
        guard let token = fields.lifecycleToken.single else { return .answered(.unauthorized("header_count")) }
        switch lifecycle.authenticate(token, for: addon) {
        case .success(let caller): return .lifecycle(type, caller)
        case .failure(let refusal): return .answered(.unauthorized(refusal))
        }
    }
}
