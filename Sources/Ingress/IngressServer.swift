package import Installations
import Listening
package import Logging
package import Marketplace
package import Metrics
import NIOCore
import NIOExtras
import NIOPosix
import ServiceLifecycle
import Synchronization
package import Webhooks

/// The public listener: the platform's lifecycle calls and webhooks, the manifests and the health checks
/// (contract.md section 2). It speaks HTTP/1.1 without TLS; a proxy or tunnel in front brings that.
package final class IngressServer: Service, CustomStringConvertible {
    private struct State {
        var bound: (channel: any Channel, quiescing: ServerQuiescingHelper)?
        var drained: EventLoopFuture<Void>?
    }

    private let listener: Listener
    private let group: any EventLoopGroup
    private let state = Mutex(State())

    /// A listener for `routes`. `readiness` gives nil while the server can do its work, else one word why not; `lines` is
    /// what the process may say of refusals.
    package init(
        configuration: IngressConfiguration, routes: RouteTable, webhooks: WebhookReceiver,
        lifecycle: InstallationManager, readiness: @escaping @Sendable () async -> String?, logger: Logger,
        metrics: any MetricsFactory = MetricsSystem.factory, lines: LineBudget = LineBudget()
    ) {
        listener = Listener(
            configuration: configuration,
            router: RequestRouter(routes: routes, webhooks: webhooks, lifecycle: lifecycle), webhooks: webhooks,
            lifecycle: lifecycle, readiness: readiness, logger: logger, metrics: metrics, lines: lines)
        group = NIOSingletons.posixEventLoopGroup
    }

    package var description: String { "ingress" }

    /// Opens the listener and serves from then on. Call it once, before `run`.
    package func start() async throws(IngressError) -> IngressAddress {
        let quiescing = ServerQuiescingHelper(group: group)
        let channel = try await bind(quiescing)
        state.withLock { $0.bound = (channel, quiescing) }
        guard let address = channel.localAddress, let host = address.ipAddress, let port = address.port else {
            throw .listenerClosed
        }
        return IngressAddress(host: host, port: port)
    }

    /// Serves until graceful shutdown or cancellation; then every request that has begun is answered, within the drain
    /// time. Calls `start` if nobody has.
    package func run() async throws {
        if state.withLock({ $0.bound == nil }) { _ = try await start() }
        guard let (channel, quiescing) = state.withLock({ $0.bound }) else { throw IngressError.listenerClosed }
        let summaries = channel.eventLoop.scheduleRepeatedTask(
            initialDelay: RefusalLog.period, delay: RefusalLog.period
        ) { [listener] _ in
            listener.refusals.summarise(at: .now())
            listener.tidy()
        }
        defer { summaries.cancel() }
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await channel.closeFuture.get()
        } onCancelOrGracefulShutdown: {
            self.shutDown(channel, quiescing)
        }
        guard let drained = state.withLock({ $0.drained }) else { throw IngressError.listenerClosed }
        try await drained.get()
        listener.refusals.summarise(at: .distantFuture)
    }

    private func shutDown(_ channel: any Channel, _ quiescing: ServerQuiescingHelper) {
        listener.isShuttingDown = true
        let promise: EventLoopPromise<Void>? = state.withLock { state in
            // Cancellation may follow a graceful shutdown: one of them is enough.
            guard state.drained == nil else { return nil }
            let promise = channel.eventLoop.makePromise(of: Void.self)
            state.drained = promise.futureResult
            return promise
        }
        if let promise { quiescing.initiateShutdown(promise: promise) }
    }

    private func bind(_ quiescing: ServerQuiescingHelper) async throws(IngressError) -> any Channel {
        let configuration = listener.configuration
        let named = IngressAddress(host: configuration.host, port: configuration.port).description
        let address: SocketAddress
        do {
            address = try SocketAddress.makeAddressResolvingHost(configuration.host, port: configuration.port)
        } catch {
            throw .unknownHost(named)
        }
        do {
            return try await bootstrap(quiescing).bind(to: address).get()
        } catch let error as IOError {
            throw .bind(named, errno: error.errnoCode)
        } catch {
            throw .cannotBind(named, errno: 0)
        }
    }

    private func bootstrap(_ quiescing: ServerQuiescingHelper) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: AcceptGate.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { [listener] channel in
                channel.eventLoop.makeCompletedFuture {
                    let gate = AcceptGate(
                        listener.connections, maximum: listener.configuration.maxConnections, logger: listener.logger
                    ) { listener.refusedConnection("gave_way") }
                    try channel.pipeline.syncOperations.addHandler(gate)
                    try channel.pipeline.syncOperations.addHandler(quiescing.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A client may close its side after the last request and still wait for the answers.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // A client that asks and does not read has few answers waiting for it, here and in the kernel.
            .childChannelOption(.writeBufferWaterMark, value: Self.unsentAnswers)
            // One read at a time: what arrives while an answer is owed, beyond that, stays in the kernel.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            // What one read may bring: each connection keeps a buffer of the size that it needed last.
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 2048, maximum: 16 << 10)
            )
            .childChannelInitializer { [listener] channel in Self.open(channel, of: listener) }
    }

    /// Bytes of answers: nearly all have less than fifty, and each costs some hundred beside them.
    private static let unsentAnswers = ChannelOptions.Types.WriteBufferWaterMark(low: 2 << 10, high: 8 << 10)
    private static let sendBuffer: Int32 = 128 << 10

    /// Sets a connection up.
    private static func open(_ channel: any Channel, of listener: Listener) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            try UnsentBytes.bound(sendBuffer, on: channel)
            let guardian = ConnectionGuard(listener)
            try channel.pipeline.syncOperations.addHandlers([guardian, RequestHandler(listener, guardian)])
        }
    }
}
