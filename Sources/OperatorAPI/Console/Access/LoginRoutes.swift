import HTTPTypes
import Hummingbird
import Installations
import Sealing

/// Into the console with an API key, and out of it.
struct LoginRoutes {
    let console: Console
    private let failures = FailedLogins()

    init(console: Console) { self.console = console }

    func add(to pages: RouterGroup<OperatorContext>) {
        pages.get("login") { request, context in try await show(request, context) }
        pages.post("login") { request, context in try await logIn(request, context) }
        pages.post("logout") { request, context in try await logOut(request, context) }
    }

    private func show(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let items = try QueryItems(request)
        try items.check(known: ["next"])
        let target = ConsolePath(items["next"])
        // A link from elsewhere brings no strict cookie with it. Asked for once more by a page of ours, it does.
        if context.visitor == nil, request.isFromElsewhere { return console.page("moment", LoginView(target)) }
        if context.visitor != nil { return .redirect(to: target.text, type: .normal) }
        return form(LoginView(target), request, context)
    }

    private func logIn(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let services = console.services
        let form = try await ConsoleForm(request)
        var view = LoginView(ConsolePath(form["next"]))
        guard let cookie = ConsoleCookie.login.value(in: request, isSecure: context.isSecureConsole) else {
            view.problem = "The form was older than this browser's memory. Try again."
            return self.form(view, request, context, status: .forbidden)
        }
        try form.check(services.sessions.formToken(for: cookie))
        let now = services.now()
        if let seconds = failures.take(for: context.source, at: now.milliseconds) {
            view.problem = "Too many keys that open nothing. Wait \(seconds) s."
            var response = self.form(view, request, context, status: .tooManyRequests)
            response.headers[.retryAfter] = String(seconds)
            return response
        }
        let secret = SecretBytes(utf8: form["key"].filter { !$0.isWhitespace }.prefix(256))
        let judgement = try await services.apiKeys.judge(presenting: secret, from: context.source, at: now)
        guard case .valid(let key) = judgement, key.allows(.read) else {
            await note(judgement)
            view.problem = "This key opens nothing here. It needs the scope read."
            return self.form(view, request, context, status: .unauthorized)
        }
        failures.giveBack(context.source)
        let (_, session) = try await services.sessions.beginSession(of: key, from: context.source, at: now)
        var response = Response.redirect(to: view.next, type: .normal)
        ConsoleCookie.session.set(session, isSecure: context.isSecureConsole, in: &response)
        ConsoleCookie.login.clear(isSecure: context.isSecureConsole, in: &response)
        return response
    }

    private func logOut(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let visitor = try await console.check(request, context)
        let services = console.services
        _ = try await services.sessions.endSession(
            visitor.session.id, actor: .apiKey(visitor.session.apiKeyID), at: services.now())
        var response = Response.redirect(to: "/login", type: .normal)
        ConsoleCookie.session.clear(isSecure: context.isSecureConsole, in: &response)
        return response
    }

    /// The form, made for this browser and for no other.
    private func form(
        _ view: LoginView, _ request: Request, _ context: OperatorContext, status: HTTPResponse.Status = .ok
    ) -> Response {
        var view = view
        let known = ConsoleCookie.login.value(in: request, isSecure: context.isSecureConsole)
        let secret = known ?? ConsoleForm.newSecret()
        view.csrf = console.services.sessions.formToken(for: secret)
        var response = console.page("login", view, status: status)
        if known == nil { ConsoleCookie.login.set(secret, isSecure: context.isSecureConsole, in: &response) }
        return response
    }

    private func note(_ judgement: APIKeyJudgement) async {
        let (actor, why): (Actor?, String) =
            switch judgement {
            case .valid(let key): (.apiKey(key.id), "lacks the scope read")
            case .unknown: (nil, "unknown key")
            case .refused(let id, let why): (.apiKey(id), "\(why) key")
            }
        let services = console.services
        await services.calls.note(
            OperatorCalls.Kind(by: actor, .refuseCall, outcome: "refused: \(why)"), at: services.now(),
            in: services.audit)
    }
}

/// What the log-in form shows.
struct LoginView {
    /// Where to go when it succeeds.
    let next: String
    var csrf = ""
    var problem: String?

    init(_ target: ConsolePath) { next = target.text }
}

/// A path of the console's own, to go to when somebody has logged in.
struct ConsolePath {
    let text: String

    /// A path that a link gave; the overview for one that leads elsewhere: what begins with two slashes is another host to a
    /// browser, and so is a slash with a backslash.
    init(_ text: String?) {
        let text = text ?? ""
        let isOwn = text.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\\") }
        self.text =
            isOwn && text.hasPrefix("/") && !text.hasPrefix("//") && text.utf8.count <= 2048 ? text : "/overview"
    }
}

extension ConsoleForm {
    /// What a browser keeps to prove that a form was made for it.
    fileprivate static func newSecret() -> SecretBytes {
        SecretBytes(utf8: (0..<4).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }.joined())
    }
}

extension Request {
    /// Whether a page of another site, or a program, led here.
    fileprivate var isFromElsewhere: Bool {
        guard let name = HTTPField.Name("sec-fetch-site") else { return false }
        return headers[name] == "cross-site"
    }
}
