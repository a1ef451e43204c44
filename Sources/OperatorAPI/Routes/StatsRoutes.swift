import Hummingbird
import Installations
import Webhooks

/// How everything stands.
struct StatsRoutes {
    let services: OperatorServices

    func add(to api: RouterGroup<OperatorContext>) {
        api.add(.get, "stats", .needs(.read, about: .deployment, parameters: ["window"]), use: show)
    }

    @Sendable private func show(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let window = try Parameters(request: request, context: context).window()
        let standing = await services.statistics.current()
        let series = await services.statistics.series(window)
        return JSONResponse.make(
            StatsJSON(
                at: services.now().rfc3339, window: window.rawValue,
                attention: standing.attention.map(AttentionJSON.init),
                figures: FiguresJSON(standing, series), series: series.map(SeriesJSON.init)))
    }
}

extension Parameters {
    /// How much time is looked at.
    func window() throws -> StatisticsWindow {
        try query("window", { StatisticsWindow(rawValue: $0) }, expected: "1h, 24h or 30d") ?? .hour
    }
}

extension AttentionJSON {
    init(_ attention: Attention) {
        self.init(
            code: attention.code.rawValue, severity: attention.isCritical ? "critical" : "warning",
            since: attention.since?.rfc3339, workspaces: attention.workspaces,
            message: "\(attention.title). \(attention.message)", remedy: attention.remedy)
    }
}

extension FiguresJSON {
    init(_ standing: Statistics.Standing, _ series: StatisticsSeries?) {
        func sum(_ counts: [Int64]?) -> Int64? { counts?.reduce(0, +) }
        let (sample, recent) = (standing.sample, standing.recent)
        self.init(
            accepted: sum(series?.accepted), delivered: sum(series?.delivered), retried: sum(series?.retried),
            givenUp: sum(series?.dead), refused: sum(series?.allRefused), waiting: standing.waiting,
            oldestWaitingAt: recent?.oldestWaiting?.rfc3339, dead: sample?.deadEvents,
            installations: sample.map { sample in
                Dictionary(
                    InstallationStatus.allCases.map { ($0.rawValue, sample.installations[$0] ?? 0) },
                    uniquingKeysWith: +)
            },
            newestBackupAt: recent?.newestBackup?.rfc3339,
            storageKeyPromotedAt: sample?.storageKeys.first { $0.state == .primary }?.promotedAt?.rfc3339)
    }
}

extension SeriesJSON {
    init(_ series: StatisticsSeries) {
        func times(_ steps: [Int]) -> [String] { steps.map { series.start(of: $0).rfc3339 } }
        self.init(
            from: series.from.rfc3339, stepSeconds: series.window.step * series.window.span.rawValue,
            accepted: series.accepted, delivered: series.delivered, retried: series.retried, givenUp: series.dead,
            refused: series.refused, started: times(series.started), rotated: times(series.rotated),
            paused: times(series.paused))
    }
}

extension AttemptJSON {
    init(_ attempt: Attempt) {
        self.init(
            at: attempt.at.rfc3339, target: attempt.target, status: attempt.status, durationMs: attempt.milliseconds,
            error: attempt.failure)
    }
}
