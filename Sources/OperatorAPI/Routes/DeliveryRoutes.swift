import HTTPTypes
import Hummingbird
import Installations
import Marketplace
import Webhooks

/// Events on their way to the add-on's own code by pull, and dead letters on their way back.
struct DeliveryRoutes {
    let services: OperatorServices

    /// Dead events replayed in one transaction.
    private static let replayBatch = 500

    func add(to api: RouterGroup<OperatorContext>) {
        api.add(.post, "events/lease", .needs(.events, readsBody: true), use: lease)
        api.add(.post, "events/{id}/ack", .needs(.events, readsBody: true), use: acknowledge)
        api.add(.post, "events/{id}/nack", .needs(.events, readsBody: true), use: giveBack)
        api.add(.post, "events/{id}/replay", .needs(.admin), use: replay)
        api.add(.post, "events/replay", .needs(.admin, readsBody: true), use: replayDead)
    }

    @Sendable private func lease(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let asked = try await request.json(LeaseRequestJSON.self, context)
        guard let addonKey = AddonKey(asked.addonKey), caller.sees(addonKey),
            services.manifests.contains(where: { $0.key == addonKey })
        else {
            throw OperatorError.notFound("there is no such add-on")
        }
        guard !services.leases.isPushed(addonKey) else {
            throw OperatorError.conflict("this add-on's events are pushed to its forward URL; they cannot be leased")
        }
        let lease = try await services.leases.lease(
            Leases.Request(
                addonKey: addonKey, max: try Self.number(asked.max ?? 10, in: 1...100, "max"),
                leaseLength: 1000 * Int64(try Self.number(asked.leaseSeconds ?? 60, in: 1...3600, "leaseSeconds")),
                patience: 1000 * Int64(try Self.number(asked.waitSeconds ?? 0, in: 0...30, "waitSeconds"))),
            onHangUp: context.onHangUp)
        if !lease.events.isEmpty {
            await context.onLoss { [leases = services.leases] in
                Task { await leases.giveBack(lease) }
            }
            let count = lease.events.count
            await services.calls.note(
                OperatorCalls.Kind(by: caller.actor, .leaseEvents, of: addonKey.text, outcome: "leased"), count: count,
                detail: "\(count)", at: services.now(), in: services.audit)
        }
        return JSONResponse.make(LeaseJSON(lease))
    }

    @Sendable private func acknowledge(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let (id, lease) = try await leased(request, context, caller)
        return try await settled(id, try await services.leases.acknowledge(id, under: lease))
    }

    @Sendable private func giveBack(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let (id, lease) = try await leased(request, context, caller)
        return try await settled(id, try await services.leases.giveBack(id, under: lease))
    }

    @Sendable private func replay(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let actor = caller.actor
        let id = try Parameters(request: request, context: context).eventID()
        if let problem = Self.problem(try await services.delivery.replay(id, actor: actor, at: services.now())) {
            throw problem
        }
        return Response(status: .noContent)
    }

    /// Why an event is not replayed; nil when it is.
    static func problem(_ answer: ReplayAnswer) -> OperatorError? {
        switch answer {
        case .replayed: nil
        case .unknown: EventRoutes.unknown
        case .delivered: .conflict("the event was delivered, and its body is gone")
        case .leased: .conflict("a worker holds the event")
        case .erased: .conflict("the installation has ended, and its settings are erased")
        case .closed: .conflict("the installation ended and its end was delivered; nothing may follow it")
        }
    }

    @Sendable private func replayDead(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let actor = caller.actor
        let asked = try await request.json(ReplayRequestJSON.self, context)
        func read<T>(_ text: String?, _ convert: (String) -> T?, _ problem: String) throws(OperatorError) -> T? {
            guard let text else { return nil }
            guard let value = convert(text) else { throw .badRequest(problem) }
            return value
        }
        let filter = DeadFilter(
            addonKey: try read(asked.addonKey, { AddonKey($0) }, "addonKey must be an add-on key"),
            since: try read(asked.since, { Timestamp(rfc3339: $0) }, "since must be an RFC 3339 time"))
        guard asked.all ?? false || filter.addonKey != nil || filter.since != nil else {
            throw OperatorError.badRequest("say which with addonKey or since, or \"all\": true")
        }
        let batch = try await services.delivery.replayDead(
            filter, after: try read(asked.after, { EventID($0) }, "after must be an event's id"),
            limit: Self.replayBatch, actor: actor, at: services.now())
        return JSONResponse.make(
            ReplayBatchJSON(replayed: batch.replayed, closed: batch.closed, after: batch.last?.text))
    }

    /// The event in the path and the lease in the body.
    private func leased(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> (EventID, LeaseID) {
        let id = try Parameters(request: request, context: context).eventID()
        // A lease id of another shape is as good as one that holds nothing.
        let asked = try await request.json(LeaseNameJSON.self, context)
        guard let lease = LeaseID(asked.leaseId) else { throw Self.notHeld }
        if caller.addons != nil {
            guard let event = try await services.events.event(id), caller.sees(event.installation.addonKey) else {
                throw EventRoutes.unknown
            }
        }
        return (id, lease)
    }

    private func settled(_ id: EventID, _ isHeld: Bool) async throws -> Response {
        if isHeld { return Response(status: .noContent) }
        guard try await services.events.event(id) != nil else { throw EventRoutes.unknown }
        throw Self.notHeld
    }

    private static let notHeld = OperatorError.conflict("this lease does not hold the event any more")

    private static func number(_ value: Int, in range: ClosedRange<Int>, _ name: String) throws(OperatorError) -> Int {
        guard range.contains(value) else {
            throw .badRequest("\(name) must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
}

extension LeaseJSON {
    init(_ lease: Leases.Lease) {
        self.init(
            leaseId: lease.id.text,
            events: lease.events.map { event in
                LeasedEventJSON(
                    id: event.id.text, type: event.type, addonKey: event.owner.addonKey.text,
                    workspaceId: event.owner.workspaceID.text, addonId: event.owner.addonID.text,
                    receivedAt: event.receivedAt.rfc3339, attempt: event.attempts + 1,
                    body: String(decoding: event.body, as: UTF8.self))
            })
    }
}

extension EventDetailJSON {
    init(_ event: EventDetail) {
        let summary = EventJSON(event.summary)
        self.init(
            id: summary.id, type: summary.type, state: summary.state, addonKey: summary.addonKey,
            workspaceId: summary.workspaceId, addonId: summary.addonId, receivedAt: summary.receivedAt,
            attempts: summary.attempts, nextAttemptAt: event.nextAttemptAt?.rfc3339, lastFailure: event.lastFailure,
            settledAt: event.settledAt?.rfc3339, replayedAt: event.replayedAt?.rfc3339)
    }
}
