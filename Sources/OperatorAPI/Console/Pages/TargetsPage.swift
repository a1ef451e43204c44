import HTTPTypes
import Hummingbird
import Installations
import Marketplace
import Webhooks

/// Where events are pushed, how that goes, and the way to stop it for a while.
struct TargetsPage {
    let console: Console

    func add(to pages: RouterGroup<OperatorContext>) {
        pages.add(.get, "targets", .needs(.read), use: show)
        for isPaused in [true, false] {
            pages.add(
                .post, "targets/{addonKey}/{name}/\(isPaused ? "pause" : "resume")", .needs(.admin, readsBody: true)
            ) { request, context, caller in
                try await console.check(request, context)
                try await console.services.set(isPaused, request, context, caller)
                return .redirect(to: "/targets", type: .normal)
            }
        }
    }

    @Sendable private func show(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let (services, now) = (console.services, console.services.now())
        let views = try await services.targetViews(for: caller)
        let view = TargetsView(
            csrf: context.visitor?.formToken ?? "", rows: views.map { TargetsView.Row($0, now: now) },
            canChange: caller.allows(.admin))
        return console.page("targets", view, title: "Targets", in: .targets, command: "innkeeper targets list", context)
    }
}

extension TargetState {
    /// How loud it is.
    var tone: String {
        switch word {
        case "down": "bad"
        case "paused": "warn"
        default: "ok"
        }
    }
}

extension TargetStanding {
    /// The share of deliveries. Cut and not rounded: 100 % is said of no target that failed once.
    var rateText: String { successRate.map { "\(Double(Int($0 * 1000)) / 10) %" } ?? "–" }
}

struct TargetsView {
    struct Row {
        let addonKey: String
        let name: String
        let address: String
        let state: String
        let tone: String
        /// Since when it is in a state that somebody may have to end.
        let since: MomentView?
        let isPaused: Bool
        let rate: String
        let delivered: Int
        let failed: Int
        let times: String
        let lastDelivery: MomentView?
        let lastFailure: String?
        let failedAt: MomentView?
        let path: String
        let events: String

        init(_ target: TargetState, now: Timestamp) {
            let standing = target.standing
            (addonKey, name, address) = (target.id.addonKey.text, target.id.name, target.address)
            state = target.word
            tone = target.tone
            since = (target.pausedAt ?? standing.downSince).map { MomentView($0, now: now) }
            isPaused = target.pausedAt != nil
            rate = standing.rateText
            (delivered, failed) = (standing.delivered, standing.failed)
            times =
                LatencyJSON(standing.times).map { times in
                    [times.p50, times.p95, times.p99].map(String.init).joined(separator: " / ") + " ms"
                } ?? "–"
            lastDelivery = standing.lastDelivery.map { MomentView($0, now: now) }
            lastFailure = standing.lastFailure?.text
            failedAt = standing.lastFailure.map { MomentView($0.at, now: now) }
            path = "/targets/\(addonKey.asPathPart)/\(name.asPathPart)"
            events = "/events?state=pending&addonKey=\(addonKey.asPathPart)"
        }
    }

    let csrf: String
    let rows: [Row]
    let canChange: Bool
}
