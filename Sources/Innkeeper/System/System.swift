import Glibc
import Hummingbird
import Ingress
import Installations
import Listening
import Logging
import Marketplace
import NIOCore
import OperatorAPI
import ServiceLifecycle
import Store
import UnixSignals
import Webhooks

/// An opened deployment, not listening yet.
struct System: Sendable {
    let settings: Settings
    let descriptors: DescriptorBudget
    let lines: LineBudget
    let logger: Logger
    let care: StoreCare
    let store: Store
    let inbox: Inbox
    let delivery: DeliverySystem
    let routes: RouteTable
    let receiver: WebhookReceiver
    let manager: InstallationManager
    let calls: OperatorCalls
    let operators: OperatorServer
    let readiness: Readiness
    let keeper: InstanceKeeper
    let historyKeeper: HistoryKeeper
    let now: Now

    /// Serves both listeners and the socket until SIGTERM, SIGINT or SIGQUIT; then what was accepted is finished and the store is
    /// closed. `onReady` gets both addresses once both accept.
    func serve(onReady: @escaping @Sendable (_ ingress: String, _ operators: String) -> Void) async throws {
        FreeMemory.keepLargeBlocksApart()
        logger.info("store opened", metadata: ["store": "\(care.summary)"])
        if let shortage = descriptors.shortage {
            logger.warning("\(shortage)", metadata: ["fix": "\(descriptors.remedy)"])
        }
        for finding in ExposureChecks.warnings(settings) {
            logger.warning("\(finding.name): \(finding.message)", metadata: ["fix": "\(finding.fix ?? "")"])
        }
        let targets = try delivery.pushTargets()
        try await keeper.join { () throws(StartupError) in
            try ConfigurationDigests.make(settings, routes.manifests, store)
        }
        // Behind the moment from which others are followed; before the first delivery.
        try await store.loadPauses()
        try warnAboutManifests()
        let ingress = IngressServer(
            configuration: settings.ingress, routes: routes, webhooks: receiver, lifecycle: manager,
            readiness: { [readiness] in await readiness.word() }, logger: logger, lines: lines)
        let publicAddress = try await listen(ingress)
        let listener = operatorListener()
        let socket = socketListener()
        let announcer = Announcer {
            guard let port = await listener.listening.first(where: { _ in true }),
                await socket.listening.first(where: { _ in true }) != nil
            else { return }
            readiness.serves()
            onReady("http://\(publicAddress)", "http://\(settings.operatorBind.authority(port: port))")
        }
        // Shut down from the last to the first: first nothing new comes in and nothing goes out, then workers and
        // operators get their answers, then what came in and what became of it is committed.
        let services: [any Service] =
            [
                delivery.log, historyKeeper, keeper,
                StoreWatch(engine: care.engine, logger: logger) { [store] in store.called.noteShort() },
                StartWarnings(store: store, logger: logger),
            ] + care.services + care.work(logger) + [
                QuietCallRecorder(store: store, calls: calls, logger: logger, now: now),
                delivery.settlementWriter, inbox,
                socket.service, listener.service, announcer,
            ] + delivery.services(to: targets, logger: logger) + [ingress, readiness]
        let group = ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0) },
                gracefulShutdownSignals: [.sigterm, .sigint, .sigquit], logger: logger))
        do {
            try await group.run()
        } catch let error as IOError {
            throw StartupError.cannotListen(
                setting: "operator.bind", address: settings.operatorBind.description,
                problem: String(cString: strerror(error.errnoCode)))
        }
        try close()
    }

    /// Serves only the operator API, only on the socket, while `body` runs: how a command works without a server.
    func withOperatorSocket<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let socket = socketListener()
        let group = ServiceGroup(
            configuration: .init(
                services: (care.services + [delivery.settlementWriter, socket.service]).map { .init(service: $0) },
                logger: logger))
        let result: Result?
        do {
            result = try await run(body, beside: group, once: socket.listening)
        } catch {
            try close()
            throw error
        }
        try close()
        guard let result else { throw CancellationError() }
        return result
    }

    /// Runs `body` once the listener is up, and ends the group after it.
    private func run<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result, beside group: ServiceGroup,
        once listening: AsyncStream<Int>
    ) async throws -> Result? {
        try await withThrowingTaskGroup(of: Result?.self) { tasks in
            tasks.addTask {
                try await group.run()
                return nil
            }
            tasks.addTask {
                _ = await listening.first { _ in true }
                let result = try await body()
                await group.triggerGracefulShutdown()
                return result
            }
            var result: Result?
            for try await ended in tasks { result = ended ?? result }
            return result
        }
    }

    /// The socket's name goes last: where the data directory is not the one that was opened, it is somebody else's.
    private func close() throws {
        do {
            try store.close()
        } catch StoreError.unavailable(.gone, let code) {
            throw StoreError.unavailable(.gone, code: code)
        } catch {
            unlink(settings.dataDirectory.socketFile)
            throw error
        }
        unlink(settings.dataDirectory.socketFile)
    }

    // MARK: Listeners

    private struct OperatorListener {
        let service: any Service
        /// The port, once; 0 for the socket.
        let listening: AsyncStream<Int>
    }

    private func operatorListener() -> OperatorListener {
        let (listening, continuation) = AsyncStream.makeStream(of: Int.self)
        let address = BindAddress.hostname(settings.operatorBind.host, port: settings.operatorBind.port)
        let service = operators.application(
            at: address, access: .apiKeys, maxConnections: descriptors.operators, logger: logger
        ) { port in
            continuation.yield(port ?? 0)
        }
        return OperatorListener(service: service, listening: listening)
    }

    private func socketListener() -> OperatorListener {
        let (listening, continuation) = AsyncStream.makeStream(of: Int.self)
        let file = settings.dataDirectory.socketFile
        let address = BindAddress.unixDomainSocket(path: settings.dataDirectory.socketAddress())
        let service = operators.application(
            at: address, access: .local(userID: geteuid()), maxConnections: descriptors.local, logger: logger
        ) { _ in
            // The data directory keeps others out already; the socket's own mode is the second lock.
            chmod(file, 0o600)
            continuation.yield(0)
        }
        return OperatorListener(service: service, listening: listening)
    }

    private func listen(_ ingress: IngressServer) async throws(StartupError) -> String {
        do {
            return try await ingress.start().description
        } catch {
            throw .cannotListen(
                setting: "ingress.bind", address: "\(settings.ingress.host):\(settings.ingress.port)",
                problem: "\(error)")
        }
    }

    private func warnAboutManifests() throws(StartupError) {
        let leftovers = try Manifests.leftovers(in: settings.dataDirectory.addonsDirectory)
        if !leftovers.isEmpty {
            logger.warning("in addons/ and no manifests", metadata: ["names": "\(Self.excerpt(leftovers))"])
        }
        if routes.manifests.isEmpty {
            logger.warning("no add-on: put its manifest into addons/ and restart")
        }
        let known = Set(routes.manifests.map(\.key))
        for addonKey in settings.forwards.keys where !known.contains(addonKey) {
            logger.warning("forward names an add-on without a manifest", metadata: ["addon": "\(addonKey)"])
        }
        for manifest in routes.manifests {
            for warning in manifest.warnings {
                logger.warning("manifest", metadata: ["addon": "\(manifest.key)", "warning": "\(warning)"])
            }
        }
    }
}

extension System {
    /// The first of some names, as a line shows them.
    static func excerpt(_ names: [String]) -> String {
        let shown = names.prefix(5).map { PrintableText.excerpt($0) }.joined(separator: ", ")
        return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
    }
}

/// Does one thing when the listeners are up, then stays until the end.
private struct Announcer: Service, CustomStringConvertible {
    let announce: @Sendable () async -> Void

    var description: String { "announcer" }

    func run() async throws {
        await announce()
        try await gracefulShutdown()
    }
}
