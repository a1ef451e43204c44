import HTTPTypes
import Hummingbird
import Installations
import Sealing

/// Who asks for a page, as the console knows them.
struct ConsoleVisitor: Sendable {
    let session: Session
    /// What the key of the session is called.
    let name: String
    /// What each form of theirs carries.
    let formToken: String
}

/// Lets nobody in who comes by a strange name, finds out whose session it is, and makes a page of every error.
struct ConsoleDoor: RouterMiddleware {
    let console: Console

    func handle(
        _ request: Request, context: OperatorContext,
        next: (Request, OperatorContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        do {
            guard let isSecure = console.origins.isSecure(request.head.authority) else {
                throw OperatorError.misdirected
            }
            if let origin = request.headers[.origin],
                !ConsoleOrigins.isSame(origin: origin, as: request.head.authority, isSecure: isSecure)
            {
                throw OperatorError.misdirected
            }
            context.isSecureConsole = isSecure
            // A stylesheet is nobody's secret, and also that of a page which says that the store is away.
            if !request.uri.path.hasPrefix("/assets/"),
                let secret = ConsoleCookie.session.value(in: request, isSecure: isSecure)
            {
                try await identify(secret, &context)
            }
            return try await next(request, context).guarded(isSecure: isSecure)
        } catch {
            let failure = OperatorError(error)
            // Whoever waits for an answer that nobody knows gets none, as over the API.
            if case .store(.outcomeUnknown) = failure { throw error }
            if let why = failure.refusal, let visitor = context.visitor { await note(why, by: visitor) }
            let response = console.answer(to: failure, request, context).guarded(isSecure: context.isSecureConsole)
            throw RenderedFailure(failure: failure, response: response)
        }
    }

    private func identify(_ secret: SecretBytes, _ context: inout OperatorContext) async throws {
        let services = console.services
        guard let (session, key) = try await services.sessions.session(presenting: secret, at: services.now()) else {
            return
        }
        context.principal = Principal(key)
        context.visitor = ConsoleVisitor(
            session: session, name: key.name, formToken: services.sessions.formToken(for: secret))
    }

    private func note(_ why: String, by visitor: ConsoleVisitor) async {
        let services = console.services
        await services.calls.note(
            OperatorCalls.Kind(by: .apiKey(visitor.session.apiKeyID), .refuseCall, outcome: "refused: \(why)"),
            at: services.now(), in: services.audit)
    }
}

extension Response {
    /// What keeps a browser from doing more with a page than showing it.
    fileprivate func guarded(isSecure: Bool) -> Response {
        var response = self
        response.headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
            + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        // With none at all a browser would not say where a form comes from, either.
        if let name = HTTPField.Name("referrer-policy") { response.headers[name] = "same-origin" }
        if let name = HTTPField.Name("cross-origin-opener-policy") { response.headers[name] = "same-origin" }
        if let name = HTTPField.Name("x-frame-options") { response.headers[name] = "DENY" }
        // Where it is reached by TLS, a key is never typed into a page that came without.
        if isSecure { response.headers[.strictTransportSecurity] = "max-age=31536000" }
        return response
    }
}
