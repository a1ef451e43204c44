import Hummingbird
import Installations
import Marketplace

/// API keys and sessions, and the end of each.
struct AccessPage {
    let console: Console

    func add(to pages: RouterGroup<OperatorContext>) {
        pages.add(.get, "access", .needs(.admin, about: .deployment), use: show)
        pages.add(.post, "access/keys/{id}/revoke", .needs(.admin, about: .deployment, readsBody: true), use: revoke)
        pages.add(.post, "access/sessions/{id}/end", .needs(.admin, about: .deployment, readsBody: true), use: end)
    }

    @Sendable private func show(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let (services, now) = (console.services, console.services.now())
        let keys = try await services.apiKeys.apiKeys()
        let names = Dictionary(keys.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        let sessions = try await services.lastingSessions()
        let view = AccessView(
            csrf: context.visitor?.formToken ?? "", keys: keys.map { AccessView.Key($0, now: now) },
            sessions: sessions.map { session in
                AccessView.Login(
                    id: session.id, name: names[session.apiKeyID] ?? session.apiKeyID,
                    begun: MomentView(session.createdAt, now: now), seen: MomentView(session.seenAt, now: now),
                    source: session.source, isOwn: session.id == context.visitor?.session.id)
            })
        return console.page("access", view, title: "Access", in: .access, command: "innkeeper api-keys list", context)
    }

    @Sendable private func revoke(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        try await console.check(request, context)
        let id = try Parameters(request: request, context: context).path("id")
        guard try await console.services.apiKeys.revokeAPIKey(id, actor: caller.actor, at: console.services.now())
        else {
            throw KeyRoutes.unknown
        }
        return .redirect(to: "/access", type: .normal)
    }

    @Sendable private func end(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        try await console.check(request, context)
        let id = try Parameters(request: request, context: context).path("id")
        guard try await console.services.sessions.endSession(id, actor: caller.actor, at: console.services.now()) else {
            throw SessionRoutes.unknown
        }
        return .redirect(to: "/access", type: .normal)
    }
}

struct AccessView {
    struct Key {
        let id: String
        let name: String
        let scopes: String
        let addons: String
        let created: MomentView
        let used: MomentView?
        let from: String
        let expires: MomentView?
        let state: String
        let tone: String
        let canRevoke: Bool

        init(_ key: APIKey, now: Timestamp) {
            id = key.id
            name = key.name
            scopes = key.grant.scopes.map(\.rawValue).sorted().joined(separator: ", ")
            addons = (key.grant.addons ?? []).map(\.text).sorted().joined(separator: ", ")
            created = MomentView(key.createdAt, now: now)
            used = key.lastUse.map { MomentView($0.at, now: now) }
            from = key.lastUse?.from ?? ""
            expires = key.grant.expiresAt.map { MomentView($0, now: now) }
            let isOver = key.grant.expiresAt.map { $0 <= now } ?? false
            (state, tone) =
                !key.isGenuine
                ? ("forged", "bad")
                : key.revokedAt != nil ? ("revoked", "off") : isOver ? ("expired", "off") : ("in force", "ok")
            canRevoke = key.revokedAt == nil || !key.isGenuine
        }
    }

    struct Login {
        let id: String
        let name: String
        let begun: MomentView
        let seen: MomentView
        let source: String
        let isOwn: Bool
    }

    let csrf: String
    let keys: [Key]
    let sessions: [Login]
}
