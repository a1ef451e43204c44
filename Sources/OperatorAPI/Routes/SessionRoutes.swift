import Hummingbird
import Installations

/// Who is logged in at the console.
struct SessionRoutes {
    let services: OperatorServices

    static let unknown = OperatorError.notFound("there is no such session")

    func add(to api: RouterGroup<OperatorContext>) {
        api.add(.get, "sessions", .needs(.admin, about: .deployment), use: list)
        api.add(.delete, "sessions/{id}", .needs(.admin, about: .deployment), use: end)
    }

    @Sendable private func list(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let sessions = try await services.lastingSessions()
        return JSONResponse.make(SessionsJSON(sessions: sessions.map(SessionJSON.init)))
    }

    @Sendable private func end(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let id = try Parameters(request: request, context: context).path("id")
        guard try await services.sessions.endSession(id, actor: caller.actor, at: services.now()) else {
            throw Self.unknown
        }
        return Response(status: .noContent)
    }
}

extension OperatorServices {
    /// The sessions that last, newest first, without those whose keys are in force no more: they died with them.
    func lastingSessions() async throws -> [Session] {
        let now = now()
        let over = Set(
            try await apiKeys.apiKeys().filter { key in
                key.revokedAt != nil || !key.isGenuine || key.grant.expiresAt.map { $0 <= now } ?? false
            }.map(\.id))
        return try await sessions.sessions(at: now).filter { !over.contains($0.apiKeyID) }
    }
}

extension SessionJSON {
    init(_ session: Session) {
        self.init(
            id: session.id, apiKey: session.apiKeyID, createdAt: session.createdAt.rfc3339,
            seenAt: session.seenAt.rfc3339, from: session.source.isEmpty ? nil : session.source)
    }
}
