import HTTPTypes
import Hummingbird
import Installations
import Marketplace
import Webhooks

/// The inbox, and one event of it.
struct EventPages {
    let console: Console

    func add(to pages: RouterGroup<OperatorContext>) {
        pages.add(
            .get, "events",
            .needs(.read, parameters: Parameters.ofEvents + ["cursor"]), use: list)
        pages.add(.get, "events/{id}", .needs(.read), use: show)
        pages.add(.post, "events/{id}/replay", .needs(.admin, readsBody: true), use: replay)
        pages.add(.post, "events/{id}/body", .needs(.admin, readsBody: true), use: readBody)
    }

    @Sendable private func list(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let (services, parameters) = (console.services, Parameters(request: request, context: context))
        let (items, cursor) = (try QueryItems(request), try parameters.page().cursor)
        let page = try await services.events.events(
            matching: try parameters.eventFilter(for: caller),
            page: PageRequest(limit: InstallationPages.rows, cursor: cursor))
        let chosen = Parameters.ofEvents.map { ($0, items[$0] ?? "") }
        func value(_ name: String) -> String { items[name] ?? "" }
        let now = services.now()
        let view = EventsView(
            rows: page.items.map { EventView($0, now: now) },
            states: ["", "pending", "leased", "delivered", "dead"].map {
                ChoiceView(value: $0, name: $0.isEmpty ? "any" : $0, isChosen: $0 == value("state"))
            },
            addons: services.manifests.map(\.key).filter(caller.sees).map {
                ChoiceView(value: $0.text, name: $0.text, isChosen: $0.text == value("addonKey"))
            },
            type: value("type"), workspaceId: value("workspaceId"), addonId: value("addonId"), since: value("since"),
            until: value("until"), searchedTo: page.searchedTo.map { MomentView($0, now: now) },
            pager: PagerView("/events", chosen, at: cursor, next: page.next))
        return console.page("events", view, title: "Events", in: .events, command: "innkeeper events list", context)
    }

    @Sendable private func show(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        try await page(of: request, context, caller, body: nil)
    }

    @Sendable private func replay(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        try await console.check(request, context)
        let id = try Parameters(request: request, context: context).eventID()
        let answer = try await console.services.delivery.replay(id, actor: caller.actor, at: console.services.now())
        if let error = DeliveryRoutes.problem(answer) { throw error }
        return .redirect(to: "/events/\(id.text)", type: .normal)
    }

    /// The body is the tenant's data: shown as text and nothing else, and each time on record.
    @Sendable private func readBody(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        try await console.check(request, context)
        let (services, id) = (console.services, try Parameters(request: request, context: context).eventID())
        guard let body = try await services.events.eventBody(id, actor: caller.actor, at: services.now()) else {
            throw EventRoutes.noBody
        }
        return try await page(of: request, context, caller, body: String(decoding: body, as: UTF8.self))
    }

    private func page(
        of request: Request, _ context: OperatorContext, _ caller: Principal, body: String?
    ) async throws -> Response {
        let services = console.services
        let id = try Parameters(request: request, context: context).eventID()
        guard let event = try await services.delivery.eventDetail(id),
            caller.sees(event.summary.installation.addonKey)
        else { throw EventRoutes.unknown }
        let (now, attempts) = (services.now(), try await services.delivery.attempts(of: id) ?? [])
        let view = EventDetailView(
            attempts: attempts.map { AttemptView($0, now: now) }, hasAttempts: !attempts.isEmpty,
            event: EventView(event.summary, now: now), csrf: context.visitor?.formToken ?? "",
            next: event.nextAttemptAt.map { MomentView($0, now: now) }, lastFailure: event.lastFailure,
            settled: event.settledAt.map { MomentView($0, now: now) },
            replayed: event.replayedAt.map { MomentView($0, now: now) },
            canReplay: caller.allows(.admin) && event.summary.state == .dead,
            canRead: caller.allows(.admin) && event.summary.state != .delivered && body == nil, body: body)
        return console.page(
            "event", view, title: event.summary.type, in: .events, command: "innkeeper events show \(id.text)", context)
    }
}

struct EventsView {
    let rows: [EventView]
    let states: [ChoiceView]
    let addons: [ChoiceView]
    let type: String
    let workspaceId: String
    let addonId: String
    let since: String
    let until: String
    /// How far back was read, where more was to be read than is for a page.
    let searchedTo: MomentView?
    let pager: PagerView
}

struct EventView {
    let id: String
    let type: String
    let state: String
    /// How loud it is.
    let tone: String
    let addonKey: String
    let workspaceId: String
    let addonId: String
    let installationPath: String
    let received: MomentView
    let attempts: Int

    init(_ event: EventSummary, now: Timestamp) {
        id = event.id.text
        type = event.type
        state = event.state.rawValue
        tone =
            switch event.state {
            case .pending, .leased: "off"
            case .delivered: "ok"
            case .dead: "bad"
            }
        addonKey = event.installation.addonKey.text
        workspaceId = event.installation.workspaceID.text
        addonId = event.installation.addonID.text
        installationPath = event.installation.consolePath
        received = MomentView(event.receivedAt, now: now)
        attempts = event.attempts
    }
}

struct AttemptView {
    let at: MomentView
    let target: String
    let answer: String
    let tone: String
    let time: String

    init(_ attempt: Attempt, now: Timestamp) {
        at = MomentView(attempt.at, now: now)
        target = attempt.target ?? "–"
        answer = attempt.failure ?? attempt.status.map { "HTTP \($0)" } ?? "delivered"
        tone = attempt.failure == nil ? "ok" : "bad"
        time = attempt.milliseconds.map { "\($0) ms" } ?? "–"
    }
}

struct EventDetailView {
    let attempts: [AttemptView]
    let hasAttempts: Bool
    let event: EventView
    let csrf: String
    let next: MomentView?
    let lastFailure: String?
    let settled: MomentView?
    let replayed: MomentView?
    let canReplay: Bool
    let canRead: Bool
    let body: String?
}
