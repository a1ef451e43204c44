import Hummingbird
import Installations
import Marketplace
import NIOCore
import Webhooks

/// The inbox.
struct EventRoutes {
    let services: OperatorServices

    func add(to api: RouterGroup<OperatorContext>) {
        api.add(.get, "events", .needs(.read, parameters: RouteRule.page(Parameters.ofEvents)), use: list)
        api.add(.get, "events/{id}", .needs(.read), use: show)
        api.add(.get, "events/{id}/attempts", .needs(.read), use: listAttempts)
        api.add(.get, "events/{id}/body", .needs(.admin), use: readBody)
    }

    @Sendable private func list(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let parameters = Parameters(request: request, context: context)
        let page = try await services.events.events(
            matching: try parameters.eventFilter(for: caller),
            page: try parameters.page())
        return JSONResponse.make(
            EventPageJSON(
                events: page.items.map(EventJSON.init), nextCursor: page.next?.text,
                searchedTo: page.searchedTo?.rfc3339))
    }

    @Sendable private func show(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let id = try Parameters(request: request, context: context).eventID()
        guard let event = try await services.delivery.eventDetail(id),
            caller.sees(event.summary.installation.addonKey)
        else { throw Self.unknown }
        return JSONResponse.make(EventDetailJSON(event))
    }

    @Sendable private func listAttempts(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let id = try Parameters(request: request, context: context).eventID()
        guard let event = try await services.events.event(id), caller.sees(event.installation.addonKey),
            let attempts = try await services.delivery.attempts(of: id)
        else { throw Self.unknown }
        return JSONResponse.make(AttemptsJSON(attempts: attempts.map(AttemptJSON.init)))
    }

    /// The body is the tenant's data: only `admin` reads it here, and every reading is audited.
    @Sendable private func readBody(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let actor = caller.actor
        let id = try Parameters(request: request, context: context).eventID()
        guard let body = try await services.events.eventBody(id, actor: actor, at: services.now()) else {
            throw Self.noBody
        }
        return Response(
            status: .ok, headers: [.contentType: "application/octet-stream"],
            body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }

    static let noBody = OperatorError.notFound("there is no such event, or its body is gone because it was settled")
    static let unknown = OperatorError.notFound("there is no such event")
}

extension Page where Element == EventSummary {
    /// How far back was read for it, where that ended before it was full.
    var searchedTo: Timestamp? { isCut ? next.map { EventID(number: $0.position).moment } : nil }
}

extension EventJSON {
    init(_ event: EventSummary) {
        self.init(
            id: event.id.text, type: event.type, state: event.state.rawValue,
            addonKey: event.installation.addonKey.text, workspaceId: event.installation.workspaceID.text,
            addonId: event.installation.addonID.text, receivedAt: event.receivedAt.rfc3339, attempts: event.attempts)
    }
}
