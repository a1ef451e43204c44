import Installations
import Logging
import Marketplace
import MetricsTestKit
import Sealing
import ServiceLifecycle
import Store
import TestSupport
import Webhooks

@testable import Ingress

/// A running listener over the real authentication and a store in memory.
struct TestIngress: Sendable {
    /// What a test wants different.
    struct Options: Sendable {
        var configuration = Self.patient
        var manifest = TestPlatform.manifest
        var storedEvents = 1000
        /// Lifecycle calls and events wait here before they are committed.
        var held: Gate?
        var readiness: @Sendable () async -> String? = { nil }
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

        /// Times that no busy machine exceeds: a test that is about one of them sets it.
        private static var patient: IngressConfiguration {
            var configuration = IngressConfiguration(host: "127.0.0.1", port: 0)
            configuration.requestDeadline = .seconds(600)
            configuration.idleTimeout = .seconds(600)
            configuration.drainTimeout = .seconds(600)
            configuration.drainRequestTimeout = .seconds(600)
            configuration.lingerTimeout = .seconds(600)
            return configuration
        }
    }

    let address: IngressAddress
    let platform: TestPlatform
    let store: HeldStore
    let metrics: TestMetrics
    /// The same parts as the server's, for tests of a single handler.
    let listener: Listener
    private let group: ServiceGroup

    /// Serves while `body` runs, then shuts down and waits for the end.
    static func serve(
        _ change: (inout Options) -> Void = { _ in }, _ body: (TestIngress) async throws -> Void
    ) async throws {
        var options = Options()
        change(&options)
        let platform = try TestPlatform(manifest: options.manifest)
        let keys = try TemporaryDirectory()
        let keyring = try Keyring(directory: KeyDirectory(path: keys.path))
        let primary = StorageKey.random()
        try keyring.add(primary)
        let held = try HeldStore(keyring: keyring, storageKey: primary, held: options.held)
        let (store, vault) = (held.store, held.store.vault)
        let now: Now = { TestClock().now }
        let verifier = try platform.verifier()
        let directory = TokenDirectory(limit: 100)
        let loader = CredentialLoader(store: store, vault: vault, directory: directory)
        let inbox = Inbox(store: store, limits: Inbox.Limits(storedEvents: options.storedEvents))
        let webhooks = WebhookReceiver(
            authenticator: WebhookAuthenticator(verifier: verifier, directory: directory, loader: loader, now: now),
            intake: SealingIntake(inbox: inbox, vault: vault, ids: store.eventIDs, now: now))
        let lifecycle = InstallationManager(
            store: store, audit: store, verifier: verifier, directory: directory, handedOut: store.handedOut,
            manifests: [platform.manifest],
            hosts: KnownPlatform.clockify.hosts, now: now)
        let routes = try RouteTable([platform.manifest])
        let metrics = TestMetrics()
        let server = IngressServer(
            configuration: options.configuration, routes: routes, webhooks: webhooks, lifecycle: lifecycle,
            readiness: options.readiness, logger: options.logger, metrics: metrics)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [inbox, server], logger: options.logger))
        let ingress = TestIngress(
            address: try await server.start(), platform: platform, store: held, metrics: metrics,
            listener: Listener(
                configuration: options.configuration,
                router: RequestRouter(routes: routes, webhooks: webhooks, lifecycle: lifecycle), webhooks: webhooks,
                lifecycle: lifecycle, readiness: options.readiness, logger: options.logger, metrics: metrics),
            group: group)
        async let running: Void = group.run()
        do {
            try await body(ingress)
        } catch {
            await group.triggerGracefulShutdown()
            try await running
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running
    }

    func connect(first: String = "", reads: Bool = true) async throws -> RawClient {
        try await RawClient.connect(to: address, first: first, reads: reads)
    }

    func shutDown() async {
        await group.triggerGracefulShutdown()
    }

    /// One request on a connection of its own.
    func ask(_ request: String, toHead: Bool = false) async throws -> RawAnswer {
        let client = try await connect(first: request)
        return try await client.answer(toHead: toHead)
    }

    /// Requests counted with these labels.
    func requests(_ route: RouteKind, _ status: Answer.Status) -> Int64 {
        metrics.counterTotal(
            label: "innkeeper_ingress_requests_total",
            dimensions: [("route", route.label), ("status", String(status.rawValue))])
    }

    /// Refusals counted with these labels.
    func refusals(_ route: RouteKind, _ reason: String) -> Int64 {
        metrics.counterTotal(
            label: "innkeeper_ingress_refusals_total", dimensions: [("route", route.label), ("reason", reason)])
    }
}
