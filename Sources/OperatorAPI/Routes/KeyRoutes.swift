import Hummingbird
import Installations
import Marketplace
import Sealing

/// Storage keys and API keys.
struct KeyRoutes {
    let services: OperatorServices

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
        let actor = caller.actor
        let wanted = try await request.json(NewAPIKeyJSON.self, context)
        let scopes = wanted.scopes.compactMap { Scope(rawValue: $0) }
        guard (1...64).contains(wanted.name.unicodeScalars.count), !scopes.isEmpty, scopes.count == wanted.scopes.count
        else {
            let known = Scope.allCases.map(\.rawValue).joined(separator: ", ")
            throw OperatorError.badRequest("name must have 1 to 64 characters, scopes must be some of: \(known)")
        }
        let grant = APIKeyGrant(
            scopes: Set(scopes), addons: try Self.addons(wanted.addons, scopes),
            expiresAt: try Self.expiry(wanted.expiresAt, services.now()))
        let (key, secret) = try await services.apiKeys.createAPIKey(
            name: wanted.name, grant, actor: actor, at: services.now())
        let text = secret.expose("a new API key's secret is shown once") { String(decoding: $0, as: UTF8.self) }
        return JSONResponse.make(CreatedAPIKeyJSON(key, secret: text), status: .created)
    }

    /// An empty list is none and not all: whoever sends one has lost a selection on the way.
    private static func addons(_ texts: [String]?, _ scopes: [Scope]) throws(OperatorError) -> Set<AddonKey>? {
        guard let texts else { return nil }
        let addons = Set(texts.compactMap { AddonKey($0) })
        guard !texts.isEmpty, texts.count <= maximumAddons, texts.allSatisfy({ AddonKey($0) != nil }) else {
            throw .badRequest("addons must be 1 to \(maximumAddons) add-on keys; leave it out for all")
        }
        guard !scopes.contains(.admin) else {
            throw .badRequest(
                "a key with the scope admin cannot be bound to add-ons: it could make itself one that is not")
        }
        return addons
    }

    private static let maximumAddons = 64

    private static func expiry(_ text: String?, _ now: Timestamp) throws(OperatorError) -> Timestamp? {
        guard let text else { return nil }
        guard let time = Timestamp(rfc3339: text), time > now else {
            throw .badRequest("expiresAt must be an RFC 3339 time to come")
        }
        return time
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
