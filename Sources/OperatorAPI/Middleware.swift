import Dispatch
import HTTPTypes
import Hummingbird
import Installations
import Logging
import Sealing

/// Turns every error into its JSON and logs each request once, with the route's pattern: a path may carry a tenant's ids
/// and a query anything at all.
struct BoundaryMiddleware: RouterMiddleware {
    let logger: Logger
    let lines: LineBudget
    let routes: KnownRoutes
    let metrics: OperatorMetrics

    func handle(
        _ request: Request, context: OperatorContext,
        next: (Request, OperatorContext) async throws -> Response
    ) async throws -> Response {
        do {
            let response = try await next(request, context).finished(context.requestID)
            note(request, context, response)
            return response
        } catch {
            let rendered = error as? RenderedFailure
            let failure = rendered?.failure ?? failure(error, request)
            // A status would claim what nobody knows: whether the write was committed, or will be.
            if case .store(.outcomeUnknown) = failure { await context.closeSilently() }
            let response = rendered?.response.finished(context.requestID) ?? failure.response(to: context.requestID)
            metrics.refused(failure.body.error.code)
            // A failing store makes as many as anybody asks for, with a key or without.
            if failure.status.code >= 500, lines.spendOrLeaveOut(at: DispatchTime.now().uptimeNanoseconds) {
                logger.error(
                    "operator request failed",
                    metadata: ["request": "\(context.requestID)", "reason": "\(failure.body.error.message)"])
            }
            note(request, context, response)
            return response
        }
    }

    private func failure(_ error: any Error, _ request: Request) -> OperatorError {
        if let error = error as? HTTPError, error.status == .notFound {
            let methods = routes.methods(of: request.uri.path)
            if !methods.isEmpty { return .methodNotAllowed(allow: methods) }
        }
        return OperatorError(error)
    }

    private func note(_ request: Request, _ context: OperatorContext, _ response: Response) {
        let route = routes.pattern(context.endpointPath)
        metrics.answered(route, response.status.code)
        logger.debug(
            "operator request",
            metadata: [
                "request": "\(context.requestID)", "method": "\(request.method.rawValue)", "route": "\(route)",
                "status": "\(response.status.code)",
            ])
    }
}

/// A failure whose answer was made already: a page.
struct RenderedFailure: Error {
    let failure: OperatorError
    let response: Response
}

/// Finds out who asks. It lets anonymous requests pass: each route names the scope it needs, and the routes that need
/// none are few. What is refused afterwards for who asked is noted in the audit log.
struct AuthenticationMiddleware: RouterMiddleware {
    let access: OperatorAccess
    let services: OperatorServices

    func handle(
        _ request: Request, context: OperatorContext,
        next: (Request, OperatorContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        switch access {
        case .local(let userID):
            context.principal = Principal(localUser: await context.peerUser() ?? userID)
        case .apiKeys:
            if let secret = Self.bearer(request) { context.principal = try await holder(of: secret, context) }
        }
        do {
            return try await next(request, context)
        } catch let error as OperatorError {
            if let why = error.refusal { await note(why, by: context.principal?.actor) }
            throw error
        }
    }

    private func holder(of secret: SecretBytes, _ context: OperatorContext) async throws -> Principal {
        switch try await services.apiKeys.judge(presenting: secret, from: context.source, at: services.now()) {
        case .valid(let key): return Principal(key)
        case .unknown: await note("unknown key", by: nil)
        case .refused(let id, let why): await note("\(why) key", by: .apiKey(id))
        }
        throw OperatorError.unauthorized
    }

    private func note(_ why: String, by actor: Actor?) async {
        await services.calls.note(
            OperatorCalls.Kind(by: actor, .refuseCall, outcome: "refused: \(why)"), at: services.now(),
            in: services.audit)
    }

    private static func bearer(_ request: Request) -> SecretBytes? {
        let values = request.headers[values: .authorization]
        // Two headers are ambiguous; neither counts.
        guard values.count == 1, let value = values.first, value.utf8.count <= 256,
            value.prefix(7).lowercased() == "bearer "
        else { return nil }
        return SecretBytes(utf8: value.dropFirst(7))
    }
}
