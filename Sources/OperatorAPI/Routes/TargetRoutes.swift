import HTTPTypes
import Hummingbird
import Installations
import Marketplace
import Webhooks

/// Where events are pushed, and an operator's word that nothing is for a while.
struct TargetRoutes {
    let services: OperatorServices

    func add(to api: RouterGroup<OperatorContext>) {
        api.add(.get, "targets", .needs(.read), use: list)
        for isPaused in [true, false] {
            api.add(.post, "targets/{addonKey}/{name}/\(isPaused ? "pause" : "resume")", .needs(.admin)) {
                request, context, caller in
                try await services.set(isPaused, request, context, caller)
                return Response(status: .noContent)
            }
        }
    }

    @Sendable private func list(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let views = try await services.targetViews(for: caller)
        return JSONResponse.make(TargetsJSON(targets: views.map(TargetJSON.init)))
    }
}

/// A target as somebody sees it.
struct TargetState {
    let id: TargetID
    let address: String
    let pausedAt: Timestamp?
    let standing: TargetStanding

    var word: String { pausedAt != nil ? "paused" : standing.downSince != nil ? "down" : "delivering" }
}

extension OperatorServices {
    /// Pauses or resumes the target in the path, if it is not so already.
    func set(
        _ isPaused: Bool, _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws {
        let id = try Parameters(request: request, context: context).targetID(of: targets, for: caller)
        _ =
            isPaused
            ? try await targetStore.pause(id, actor: caller.actor, at: now())
            : try await targetStore.resume(id, actor: caller.actor, at: now())
    }

    /// The targets that there are for somebody, in the order of their names.
    func targetViews(for caller: Principal) async throws -> [TargetState] {
        let (now, hasBacklog) = (now(), await statistics.current().hasBacklog)
        let pauses = Dictionary(
            try await targetStore.storedPauses().map { ($0.target, $0.since) }, uniquingKeysWith: { first, _ in first })
        return targets.all.filter { caller.sees($0.id.addonKey) }.map { target in
            TargetState(
                id: target.id, address: target.address, pausedAt: pauses[target.id],
                standing: target.figures.standing(at: now, hasBacklog: hasBacklog))
        }
    }
}

extension Parameters {
    /// The target in the path.
    func targetID(of targets: Targets, for caller: Principal) throws -> TargetID {
        guard let addonKey = AddonKey(try path("addonKey")), caller.sees(addonKey),
            let target = targets[TargetID(addonKey: addonKey, name: try path("name"))]
        else { throw OperatorError.notFound("there is no such target") }
        return target.id
    }
}

extension TargetJSON {
    init(_ target: TargetState) {
        let (standing, times) = (target.standing, target.standing.times)
        self.init(
            addonKey: target.id.addonKey.text, name: target.id.name, address: target.address, state: target.word,
            pausedAt: target.pausedAt?.rfc3339, downSince: standing.downSince?.rfc3339,
            breaker: standing.isOpen ? "open" : "closed", delivered: standing.delivered, failed: standing.failed,
            successRate: standing.successRate, latencyMs: LatencyJSON(times),
            lastDeliveryAt: standing.lastDelivery?.rfc3339, lastFailureAt: standing.lastFailure?.at.rfc3339,
            lastFailure: standing.lastFailure?.text)
    }
}

extension LatencyJSON {
    init?(_ times: LatencyCounts) {
        guard let p50 = times.percentile(50), let p95 = times.percentile(95), let p99 = times.percentile(99) else {
            return nil
        }
        self.init(p50: p50, p95: p95, p99: p99)
    }
}
