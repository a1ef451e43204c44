import HTTPTypes
import Hummingbird
import Installations
import Marketplace
import Sealing

/// Who is installed, and the two things an operator does to an installation.
struct InstallationRoutes {
    let services: OperatorServices
    let metrics: OperatorMetrics

    func add(to api: RouterGroup<OperatorContext>) {
        let one: RouterPath = "installations/{addonKey}/{workspaceId}/{addonId}"
        api.add(
            .get, "installations",
            .needs(.read, parameters: RouteRule.page("addonKey", "workspaceId", "status")), use: list)
        api.add(.get, one, .needs(.read), use: show)
        api.add(.post, "\(one)/token", .needs(.tokens, readsBody: true), use: readToken)
        api.add(.post, "\(one)/forget", .needs(.admin, readsBody: true), use: forget)
    }

    @Sendable private func list(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let parameters = Parameters(request: request, context: context)
        let page = try await services.installations.installations(
            matching: try parameters.installationFilter(for: caller),
            page: try parameters.page())
        return JSONResponse.make(
            InstallationPageJSON(installations: page.items.map(json), nextCursor: page.next?.text))
    }

    @Sendable private func show(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let id = try Parameters(request: request, context: context).installationID(for: caller)
        guard let installation = try await services.installations.installation(id) else { throw Self.unknown }
        return JSONResponse.make(json(installation))
    }

    @Sendable private func readToken(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let id = try Parameters(request: request, context: context).installationID(for: caller)
        let reason = try await Self.reason(request, context)
        switch try await services.manager.token(of: id, actor: caller.actor, reason: reason) {
        case .tooMany(let seconds):
            metrics.tokenReading(.rateLimited)
            throw OperatorError.rateLimited(retryAfter: seconds)
        case .answered(.unknown):
            metrics.tokenReading(.unknown)
            throw Self.unknown
        case .answered(.notActive(let status)):
            metrics.tokenReading(.notActive)
            throw OperatorError.conflict("the installation is \(status.rawValue), not ACTIVE; its token is not given")
        case .answered(.forged(let number)):
            metrics.tokenReading(.forged)
            throw StoreError.forgedRow(.installation(number))
        case .answered(.token(let token, let apiURL)):
            metrics.tokenReading(.given)
            let text = token.expose("the add-on's own code asked for its token") { String(decoding: $0, as: UTF8.self) }
            return JSONResponse.make(
                TokenJSON(token: text, apiUrl: apiURL, status: InstallationStatus.active.rawValue))
        }
    }

    @Sendable private func forget(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let actor = caller.actor
        let id = try Parameters(request: request, context: context).installationID(for: caller)
        let reason = try await Self.reason(request, context)
        switch try await services.manager.forget(id, actor: actor, reason: reason) {
        case .ended: return JSONResponse.make(ForgottenJSON(outcome: LifecycleDecision.end.outcome))
        case .unknown: throw Self.unknown
        case .endedBefore(let status): throw OperatorError.conflict("the installation is \(status.rawValue) already")
        case .endedMeanwhile: throw OperatorError.conflict("the installation ended meanwhile")
        }
    }

    /// The stated reason, for the audit log.
    private static func reason(_ request: Request, _ context: OperatorContext) async throws -> StatedReason {
        guard let reason = StatedReason(try await request.json(ReasonJSON.self, context).reason ?? "") else {
            throw OperatorError.badRequest("reason must be at most \(StatedReason.maximumBytes) bytes")
        }
        return reason
    }

    static let unknown = OperatorError.notFound("there is no such installation")

    private func json(_ installation: Installation) -> InstallationJSON {
        let events = services.manifests.first { $0.key == installation.id.addonKey }?.webhookEvents ?? [:]
        return InstallationJSON(
            addonKey: installation.id.addonKey.text, workspaceId: installation.id.workspaceID.text,
            addonId: installation.id.addonID.text, status: installation.status.rawValue,
            apiUrl: installation.apiURL(allowed: services.hosts)?.text ?? "",
            addonUserId: installation.addonUserID, asUser: installation.asUser,
            installedAt: installation.installedAt?.rfc3339, updatedAt: installation.updatedAt.rfc3339,
            endedAt: installation.endedAt?.rfc3339, storageKey: installation.storageKey?.description,
            webhooks: installation.webhookPaths.map { path in
                .init(path: path.text, events: (events[path] ?? []).map(\.text).sorted())
            }, refusedSinceInstall: installation.refusedSinceInstall, forged: installation.isGenuine ? nil : true)
    }
}
