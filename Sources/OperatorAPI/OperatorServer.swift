package import CoreMetrics
package import Hummingbird
import HummingbirdCore
package import Installations
import Listening
package import Logging
import NIOCore

/// Who may use a listener of the operator API.
package enum OperatorAccess: Sendable {
    /// Clients with an API key.
    case apiKeys
    /// Whoever can open the socket file, named in the audit log by this user id.
    case local(userID: UInt32)
}

/// The operator API on one listener. `serve` runs two of them, the command line one.
package struct OperatorServer: Sendable {
    private let services: OperatorServices
    private let console: Console?
    private let metrics: OperatorMetrics
    private let limits: OperatorLimits
    private let lines: LineBudget
    private let bodies: BodyBudget<Actor>

    /// A server over the given services. `lines` is what the process may say of refused and failed requests.
    ///
    /// - Parameter console: The hosts that the console answers to; nil for none at all.
    package init(
        services: OperatorServices, console: ConsoleOrigins? = nil, metrics: any MetricsFactory = MetricsSystem.factory,
        lines: LineBudget = LineBudget()
    ) {
        self.init(services: services, console: console, metrics: metrics, lines: lines, limits: OperatorLimits())
    }

    init(
        services: OperatorServices, console: ConsoleOrigins? = nil, metrics: any MetricsFactory, lines: LineBudget,
        limits: OperatorLimits
    ) {
        self.services = services
        self.console = console.map { Console(services: services, origins: $0, limits: limits) }
        self.metrics = OperatorMetrics(factory: metrics)
        self.lines = lines
        self.limits = limits
        // One key does not keep all others from asking.
        bodies = BodyBudget(total: limits.maxBodyBytesInFlight, share: limits.maxBodyBytesInFlight / 4 * 3)
    }

    /// A service that listens at `address` and has at most `maxConnections` at once. `onListening` gets the port it was
    /// given, nil for a socket file.
    package func application(
        at address: BindAddress, access: OperatorAccess, maxConnections: Int = 1024, logger: Logger,
        onListening: @escaping @Sendable (Int?) async -> Void
    ) -> some ApplicationProtocol {
        let connections = ConnectionTable()
        var configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionBounds(limits, connections, RequestPieces(limits))],
            idleTimeout: limits.idleTimeout)
        configuration.httpDecoder = .init(
            maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100)
        return Application(
            router: router(access, logger),
            server: .http1(configuration: configuration),
            configuration: ApplicationConfiguration(
                address: address, serverName: nil, backlog: Int(AcceptGate.backlog)),
            onServerRunning: { [metrics] channel in
                await Self.guardListener(channel, connections, maxConnections, logger, metrics)
                await onListening(channel.localAddress?.port)
            },
            logger: Self.quiet(logger))
    }

    /// The HTTP library bounds connections by leaving new ones waiting, and takes a failed accept for its end.
    private static func guardListener(
        _ channel: any Channel, _ connections: ConnectionTable, _ maximum: Int, _ logger: Logger,
        _ metrics: OperatorMetrics
    ) async {
        let added = channel.eventLoop.submit {
            let gate = AcceptGate(connections, maximum: maximum, logger: logger) { metrics.refused("gave_way") }
            try channel.pipeline.syncOperations.addHandler(gate, position: .first)
        }
        // It fails for a listener that has closed already: then nothing is accepted.
        do { try await added.get() } catch { return }
    }

    /// The HTTP library reports starting, stopping and every hang-up as if it were news; a failed start is reported by
    /// whoever asked for it. What requests have to say goes to the logger itself.
    private static func quiet(_ logger: Logger) -> Logger {
        var quiet = logger
        if quiet.logLevel > .debug { quiet.logLevel = .critical }
        return quiet
    }

    private func router(_ access: OperatorAccess, _ logger: Logger) -> Router<OperatorContext> {
        let router = Router(context: OperatorContext.self)
        // Whoever comes through the socket has the command line.
        let console: Console? = if case .apiKeys = access { console } else { nil }
        let all = Router(context: OperatorContext.self)
        addRoutes(to: all)
        console?.add(to: all)
        router.add(
            middleware: BoundaryMiddleware(logger: logger, lines: lines, routes: KnownRoutes(all), metrics: metrics))
        addRoutes(
            to: router,
            behind: AuthenticationMiddleware(access: access, services: services))
        console?.add(to: router)
        return router
    }

    /// Every route of the API.
    var knownRoutes: KnownRoutes {
        let router = Router(context: OperatorContext.self)
        addRoutes(to: router)
        return KnownRoutes(router)
    }

    /// The routes that need no key are not behind the authentication: whether the process lives is told while the store
    /// that knows the keys is away, and to a client whose key was revoked.
    private func addRoutes(to router: Router<OperatorContext>, behind door: AuthenticationMiddleware? = nil) {
        HealthRoutes(services: services).add(to: router)
        DescriptionRoutes().add(to: router)
        let api = router.group("api/v1")
        if let door {
            api.add(middleware: WriteTimesMiddleware(times: limits.writeTimes))
            api.add(middleware: door)
        }
        InstallationRoutes(services: services, metrics: metrics).add(to: api)
        EventRoutes(services: services).add(to: api)
        DeliveryRoutes(services: services).add(to: api)
        TargetRoutes(services: services).add(to: api)
        StatsRoutes(services: services).add(to: api)
        SessionRoutes(services: services).add(to: api)
        WebhookCheckRoutes(services: services, metrics: metrics, bodies: bodies).add(to: api)
        AuditRoutes(services: services).add(to: api)
        KeyRoutes(services: services).add(to: api)
        RotationRoutes(services: services).add(to: api)
        BackupRoutes(services: services).add(to: api)
        AddonRoutes(services: services).add(to: api)
    }
}
