import HTTPTypes
import Hummingbird
import Installations

/// What a route asks of its caller and takes from them, said where it is added to the router. A parameter that it does not name
/// is refused, and so are the members of a body that nobody reads: passed over, a misspelt selection would widen to everything.
struct RouteRule: Sendable {
    /// Who may call it.
    enum Access: Sendable {
        /// Who holds a key with this scope.
        case scope(Scope)
        /// Who comes through `innkeeper.sock`: for what touches this machine's files.
        case socket
    }

    /// What it is about.
    enum Subject: Sendable {
        /// What belongs to add-ons: a key that is bound to some sees and does what is theirs.
        case addons
        /// The deployment as a whole, which is no business of a key that is bound.
        case deployment
    }

    let access: Access
    let subject: Subject
    /// The parameters of its query.
    let parameters: [String]
    /// Whether it reads the body; then it judges the members itself.
    let readsBody: Bool

    static func needs(
        _ scope: Scope, about subject: Subject = .addons, parameters: [String] = [], readsBody: Bool = false
    ) -> RouteRule {
        RouteRule(access: .scope(scope), subject: subject, parameters: parameters, readsBody: readsBody)
    }

    static func socketOnly(readsBody: Bool = false) -> RouteRule {
        RouteRule(access: .socket, subject: .deployment, parameters: [], readsBody: readsBody)
    }

    /// The parameters of a list.
    static func page(_ others: String...) -> [String] { page(others) }

    /// The same.
    static func page(_ others: [String]) -> [String] { others + ["limit", "cursor"] }

    /// The caller, when they may call. Before anything of the request is judged: a stranger is told nothing of what a route takes.
    fileprivate func admit(_ context: OperatorContext) throws(OperatorError) -> Principal {
        guard let principal = context.principal else { throw .unauthorized }
        if subject == .deployment, principal.addons != nil { throw .bound }
        switch access {
        case .scope(let scope): guard principal.allows(scope) else { throw .forbidden(scope) }
        case .socket: try principal.requireSocket()
        }
        return principal
    }
}

extension RouterMethods<OperatorContext> {
    /// Adds a route for callers that its rule admits.
    func add(
        _ method: HTTPRequest.Method, _ path: RouterPath, _ rule: RouteRule,
        use handler: @escaping @Sendable (Request, OperatorContext, Principal) async throws -> Response
    ) {
        on(path, method: method) { request, context in
            let caller = try rule.admit(context)
            try QueryItems(request).check(known: rule.parameters)
            if !rule.readsBody { _ = try await request.json(NoMembersJSON.self, context) }
            return try await handler(request, context, caller)
        }
    }

    /// Adds a route that needs no key and takes nothing.
    func addOpen(_ path: RouterPath, _ answer: @escaping @Sendable () async throws -> some ResponseGenerator) {
        on(path, method: .get) { request, _ in
            try QueryItems(request).check(known: [])
            return try await answer()
        }
    }
}
