import Hummingbird
import Installations
import Marketplace
import Sealing

/// Storage keys and API keys.
struct KeyRoutes {
    let services: OperatorServices

    static let unknown = OperatorError.notFound("there is no such API key, or it is revoked already")

    func add(to api: RouterGroup<OperatorContext>) {
        api.add(.get, "keys", .needs(.read, about: .deployment), use: listStorageKeys)
        api.add(.get, "api-keys", .needs(.admin, about: .deployment), use: listAPIKeys)
        api.add(.post, "api-keys", .needs(.admin, about: .deployment, readsBody: true), use: createAPIKey)
        api.add(.delete, "api-keys/{id}", .needs(.admin, about: .deployment), use: revokeAPIKey)
    }

    @Sendable private func listStorageKeys(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let keys = try await services.storageKeys.storageKeys()
        return JSONResponse.make(keys.map(StorageKeyJSON.init))
    }

    @Sendable private func listAPIKeys(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let keys = try await services.apiKeys.apiKeys()
        return JSONResponse.make(keys.map(APIKeyJSON.init))
    }

    @Sendable private func createAPIKey(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let wanted = try await request.json(NewAPIKeyJSON.self, context)
        let new = try NewAPIKey(
            name: wanted.name, scopes: wanted.scopes, addons: wanted.addons, expiresAt: wanted.expiresAt,
            now: services.now())
        let (key, secret) = try await services.apiKeys.createAPIKey(
            name: new.name, new.grant, actor: caller.actor, at: services.now())
        let text = secret.expose("a new API key's secret is shown once") { String(decoding: $0, as: UTF8.self) }
        return JSONResponse.make(CreatedAPIKeyJSON(key, secret: text), status: .created)
    }

    @Sendable private func revokeAPIKey(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let actor = caller.actor
        let id = try Parameters(request: request, context: context).path("id")
        guard try await services.apiKeys.revokeAPIKey(id, actor: actor, at: services.now()) else {
            throw Self.unknown
        }
        return Response(status: .noContent)
    }
}

extension APIKeyJSON {
    init(_ key: APIKey) {
        self.init(
            id: key.id, name: key.name, scopes: key.grant.scopes.map(\.rawValue).sorted(),
            addons: key.grant.addonTexts, createdAt: key.createdAt.rfc3339, expiresAt: key.grant.expiresAt?.rfc3339,
            lastUsedAt: key.lastUse?.at.rfc3339, lastUsedFrom: key.lastUse.flatMap { $0.from.isEmpty ? nil : $0.from },
            revokedAt: key.revokedAt?.rfc3339)
    }
}

extension CreatedAPIKeyJSON {
    init(_ key: APIKey, secret: String) {
        self.init(
            id: key.id, name: key.name, scopes: key.grant.scopes.map(\.rawValue).sorted(),
            addons: key.grant.addonTexts, expiresAt: key.grant.expiresAt?.rfc3339, secret: secret)
    }
}

extension APIKeyGrant {
    fileprivate var addonTexts: [String] { (addons ?? []).map(\.text).sorted() }
}
