import Hummingbird
import Installations
import Sealing

/// Storage keys and API keys.
struct KeyRoutes {
    let services: OperatorServices

    func add(to api: RouterGroup<OperatorContext>) {
        api.add(.get, "keys", .needs(.read), use: listStorageKeys)
        api.add(.get, "api-keys", .needs(.admin), use: listAPIKeys)
        api.add(.post, "api-keys", .needs(.admin, readsBody: true), use: createAPIKey)
        api.add(.delete, "api-keys/{id}", .needs(.admin), use: revokeAPIKey)
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
        return JSONResponse.make(
            keys.map { key in
                APIKeyJSON(
                    id: key.id, name: key.name, scopes: key.scopes.map(\.rawValue).sorted(),
                    createdAt: key.createdAt.rfc3339, lastUsedAt: key.lastUsedAt?.rfc3339,
                    revokedAt: key.revokedAt?.rfc3339)
            })
    }

    @Sendable private func createAPIKey(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let actor = caller.actor
        let wanted = try await request.json(NewAPIKeyJSON.self, context)
        let scopes = wanted.scopes.compactMap { Scope(rawValue: $0) }
        guard (1...64).contains(wanted.name.unicodeScalars.count), !scopes.isEmpty, scopes.count == wanted.scopes.count
        else {
            let known = Scope.allCases.map(\.rawValue).joined(separator: ", ")
            throw OperatorError.badRequest("name must have 1 to 64 characters, scopes must be some of: \(known)")
        }
        let (key, secret) = try await services.apiKeys.createAPIKey(
            name: wanted.name, scopes: Set(scopes), actor: actor, at: services.now())
        let text = secret.expose("a new API key's secret is shown once") { String(decoding: $0, as: UTF8.self) }
        return JSONResponse.make(
            CreatedAPIKeyJSON(
                id: key.id, name: key.name, scopes: key.scopes.map(\.rawValue).sorted(), secret: text),
            status: .created)
    }

    @Sendable private func revokeAPIKey(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let actor = caller.actor
        let id = try Parameters(request: request, context: context).path("id")
        guard try await services.apiKeys.revokeAPIKey(id, actor: actor, at: services.now()) else {
            throw OperatorError.notFound("there is no such API key, or it is revoked already")
        }
        return Response(status: .noContent)
    }
}
