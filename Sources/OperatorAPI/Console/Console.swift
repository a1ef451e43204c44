import HTTPTypes
import Hummingbird
import Installations

/// The operator's web page: every page is made here, on the server, of what the API gives as well.
struct Console: Sendable {
    let services: OperatorServices
    let origins: ConsoleOrigins
    let limits: OperatorLimits
    private let templates = ConsoleTemplates()

    init(services: OperatorServices, origins: ConsoleOrigins, limits: OperatorLimits) {
        self.services = services
        self.limits = limits
        self.origins = origins
    }

    func add(to router: Router<OperatorContext>) {
        let pages = router.group()
        pages.add(middleware: WriteTimesMiddleware(times: limits.writeTimes))
        pages.add(middleware: ConsoleDoor(console: self))
        pages.get("/") { _, _ in Response.redirect(to: "/overview", type: .normal) }
        ConsoleAssets().add(to: pages)
        LoginRoutes(console: self).add(to: pages)
        OverviewPage(console: self).add(to: pages)
        LiveFeed(console: self).add(to: pages)
        FindPage(console: self).add(to: pages)
        InstallationPages(console: self).add(to: pages)
        EventPages(console: self).add(to: pages)
        TargetsPage(console: self).add(to: pages)
        StorageKeysPage(console: self).add(to: pages)
        AuditPage(console: self).add(to: pages)
        AccessPage(console: self).add(to: pages)
        DoctorPage(console: self).add(to: pages)
    }

    /// Refuses a form that was not made for who sends it. Returns who does.
    @discardableResult
    func check(_ request: Request, _ context: OperatorContext) async throws -> ConsoleVisitor {
        guard let visitor = context.visitor else { throw OperatorError.unauthorized }
        try await ConsoleForm(request).check(visitor.formToken)
        return visitor
    }

    // MARK: Answers

    /// A part of a page, as text of it.
    func text(_ template: String, _ content: Any) -> String { templates.text(template, content) }

    /// A page without the frame.
    func page(_ template: String, _ content: Any, status: HTTPResponse.Status = .ok) -> Response {
        templates.render(template, content, status)
    }

    /// A page within the frame, for who is logged in.
    ///
    /// - Parameters:
    ///   - section: Which entry of the navigation it belongs to.
    ///   - live: Of which window of time it shows figures that are kept up to date, if it does.
    func page(
        _ template: String, _ content: some Any, title: String, in section: ConsoleSection?,
        command: String? = nil, live: String? = nil, _ context: OperatorContext, status: HTTPResponse.Status = .ok
    ) -> Response {
        let frame = FrameView(title: title, section: section, command: command, live: live, context)
        return templates.render(template, PageView(frame: frame, page: content), status)
    }

    /// What becomes of an error: the way to the log-in for who is not, else a page that says it.
    func answer(to failure: OperatorError, _ request: Request, _ context: OperatorContext) -> Response {
        if case .unauthorized = failure, request.method == .get, request.uri.path != "/live" {
            var target = request.uri.path
            if let query = request.uri.query { target += "?" + query }
            return .redirect(to: "/login?next=" + target.asPathPart, type: .normal)
        }
        let view = ProblemView(failure, isStranger: context.visitor == nil)
        var response =
            context.visitor == nil
            ? page("problem-alone", view, status: failure.status)
            : page("problem", view, title: view.title, in: nil, context, status: failure.status)
        if failure.status == .serviceUnavailable { response.headers[.retryAfter] = "2" }
        return response
    }
}

/// What a page says when it cannot show what was asked for.
struct ProblemView {
    let title: String
    let message: String

    /// - Parameter isStranger: Whether nobody knows who asks: then nothing is said of the inside.
    init(_ failure: OperatorError, isStranger: Bool) {
        title =
            switch failure {
            case .misdirected: "Another host's page"
            case .notFound: "Not found"
            case .forbidden, .bound, .localOnly: "Not yours to see"
            case .unauthorized: "Not logged in"
            case .staleForm: "An old form"
            case .badRequest: "That does not read"
            case .conflict: "Not now"
            case .store, .noRoom, .stopping, .busy: "Not available"
            default: "That went wrong"
            }
        message =
            switch failure {
            case .unauthorized: "The session has ended. Open the page again, and log in."
            case .store, .noRoom,
                .failed where isStranger:
                "Try again in a moment."
            default: failure.body.error.message
            }
    }
}
