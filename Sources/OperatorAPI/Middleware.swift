import HTTPTypes
import Hummingbird
import Installations
import Logging
import Sealing

/// Turns every error into its JSON and logs each request once, with the route's pattern: a path may carry a tenant's ids
/// and a query anything at all.
struct BoundaryMiddleware: RouterMiddleware {
    let logger: Logger

    func handle(
        _ request: Request, context: OperatorContext,
        next: (Request, OperatorContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            let failure = OperatorError(error)
            response = JSONResponse.make(failure.body, status: failure.status)
            if case .rateLimited(let seconds) = failure { response.headers[.retryAfter] = String(seconds) }
            if case .unauthorized = failure { response.headers[.wwwAuthenticate] = "Bearer" }
            if failure.status.code >= 500 {
                logger.error(
                    "operator request failed",
                    metadata: ["request": "\(context.id)", "reason": "\(failure.body.error.message)"])
            }
        }
        response.headers[.cacheControl] = "no-store"
        response.headers[.xContentTypeOptions] = "nosniff"
        logger.debug(
            "operator request",
            metadata: [
                "request": "\(context.id)", "method": "\(request.method.rawValue)",
                "route": "\(context.endpointPath ?? "none")",
                "status": "\(response.status.code)",
            ])
        return response
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
                guard let key = try await apiKeys.apiKey(presenting: secret, at: now()) else {
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
