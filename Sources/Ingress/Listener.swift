import Installations
import Listening
import Logging
import Metrics
import NIOCore
import Synchronization
import Webhooks

/// What all connections of one listener share.
final class Listener: Sendable {
    let configuration: IngressConfiguration
    let router: RequestRouter
    let webhooks: WebhookReceiver
    let lifecycle: InstallationManager
    let readiness: @Sendable () async -> String?
    let connections = ConnectionTable()
    let bodies: BodyBudgets
    let refusals: RefusalLog
    let logger: Logger
    private let metrics: IngressMetrics
    private let shutdown = Atomic(false)
    private let hadBurst = Atomic(false)
    private let run = UInt32.random(in: .min ... .max)
    private let opened = Atomic<UInt64>(0)

    init(
        configuration: IngressConfiguration, router: RequestRouter, webhooks: WebhookReceiver,
        lifecycle: InstallationManager, readiness: @escaping @Sendable () async -> String?, logger: Logger,
        metrics: any MetricsFactory, lines: LineBudget = LineBudget()
    ) {
        self.configuration = configuration
        self.router = router
        self.webhooks = webhooks
        self.lifecycle = lifecycle
        self.readiness = readiness
        self.logger = logger
        self.metrics = IngressMetrics(factory: metrics)
        bodies = BodyBudgets(configuration)
        refusals = RefusalLog(logger: logger, lines: lines)
    }

    /// Set before connections are told of a shutdown, so that one which is being set up meanwhile learns of it too.
    var isShuttingDown: Bool {
        get { shutdown.load(ordering: .acquiring) }
        set { shutdown.store(newValue, ordering: .releasing) }
    }

    /// Bodies in memory at once that are worth looking for their traces.
    private static let burst = 8 << 20

    /// Gives the memory of a burst back when it is over. Called once a second.
    func tidy() {
        if bodies.resetHighest() >= Self.burst { hadBurst.store(true, ordering: .relaxed) }
        guard bodies.taken < Self.burst / 8, hadBurst.exchange(false, ordering: .relaxed) else { return }
        FreeMemory.returnUnused()
    }

    /// A name for each request of a new connection.
    func nameConnection() -> @Sendable (UInt64) -> RequestName {
        let connection = opened.wrappingAdd(1, ordering: .relaxed).newValue
        return { [run] in RequestName(run: run, connection: connection, request: $0) }
    }

    /// Counts and, unless it is a success, logs an answer.
    func answered(_ route: RouteKind, _ answer: Answer, to request: RequestName, since start: NIODeadline) {
        let now = NIODeadline.now()
        metrics.answered(route, answer.status, after: now - start)
        if let reason = answer.reason {
            metrics.refused(route, reason)
            let refusal = RefusalLog.Refusal(route: route, status: answer.status, reason: reason)
            refusals.note(refusal, of: request, detail: answer.detail, at: now)
        } else {
            logger.trace(
                "request answered",
                metadata: [
                    "request": "\(request.text)", "route": "\(route.label)", "status": "\(answer.status.rawValue)",
                ])
        }
    }

    /// Counts and logs a connection that was closed without an answer.
    func refusedConnection(_ reason: String) {
        metrics.refused(.none, reason)
        refusals.note(RefusalLog.Refusal(route: .none, status: nil, reason: reason), detail: nil, at: .now())
    }
}
