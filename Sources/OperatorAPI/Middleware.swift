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
            let failure = failure(error, request)
            // A status would claim what nobody knows: whether the write was committed, or will be.
            if case .store(.outcomeUnknown) = failure { await context.closeSilently() }
            let response = failure.response(to: context.requestID)
            metrics.refused(failure.body.error.code)
            // A failing store makes as many as anybody asks for, with a key or without.
            if failure.status.code >= 500, lines.takeOrLeaveOut(at: DispatchTime.now().uptimeNanoseconds) {
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

/// Finds out who asks. It lets anonymous requests pass: each route names the scope it needs, and the routes that need
/// none are few.
struct AuthenticationMiddleware: RouterMiddleware {
    let access: OperatorAccess
    let apiKeys: any APIKeyStore
    let now: Now

    func handle(
        _ request: Request, context: OperatorContext,
        next: (Request, OperatorContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        switch access {
        case .local(let userID):
            context.principal = Principal(localUser: userID)
        case .apiKeys:
            if let secret = Self.bearer(request) {
                guard let key = try await apiKeys.apiKey(presenting: secret, from: context.source, at: now()) else {
                    throw OperatorError.unauthorized
                }
                context.principal = Principal(key)
            }
        }
        return try await next(request, context)
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
