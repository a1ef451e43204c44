import ArgumentParser
import Ingress
import Installations
import Logging
import Marketplace
import OperatorAPI
import SQLiteStore
import ServiceLifecycle
import UnixSignals
import Webhooks

/// `bench serve-verify`: the public listener as it is, in front of an inbox that keeps nothing.
struct ServeVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve-verify",
        abstract: "Serve a deployment's webhooks, but forget each event instead of committing it.")

    @OptionGroup var options: DeploymentOptions

    func run() async throws {
        let parts = try Parts(options)
        // As `serve` does it: what recording a metric costs belongs to the figure.
        let metrics = PrometheusRegistry()
        let inbox = Inbox(
            store: ForgetfulStore(), limits: Inbox.Limits(storedEvents: 5_000_000), metrics: metrics)
        let authenticator = WebhookAuthenticator(
            verifier: parts.verifier, directory: parts.directory, loader: parts.loader, now: parts.now,
            metrics: metrics)
        guard let hosts = PlatformHosts(["clockify.me"]) else { throw SeedError() }
        var logger = Logger(label: "bench")
        logger.logLevel = .critical
        let server = IngressServer(
            configuration: IngressConfiguration(host: "127.0.0.1", port: 0), routes: try RouteTable([parts.manifest]),
            webhooks: WebhookReceiver(
                authenticator: authenticator, inbox: inbox, vault: parts.vault, ids: parts.store.eventIDs,
                now: parts.now),
            lifecycle: InstallationManager(
                store: parts.store, verifier: parts.verifier, directory: parts.directory, loader: parts.loader,
                manifests: [parts.manifest], hosts: hosts, now: parts.now),
            readiness: { nil }, logger: logger, metrics: metrics)
        announce(try await server.start().description)
        let services: [any Service] = [inbox, server]
        try await ServiceGroup(services: services, gracefulShutdownSignals: [.sigterm], logger: logger).run()
        try parts.store.close()
    }
}

/// Takes every event and keeps none.
private struct ForgetfulStore: EventStore {
    var waitingEvents: Int { 0 }

    func append(_ events: [InboxEvent]) throws(StoreError) -> [Bool] {
        [Bool](repeating: true, count: events.count)
    }

    func events(
        matching filter: EventFilter, page: PageRequest
    ) async throws(StoreError) -> Page<EventSummary> { Page(items: [], next: nil) }

    func event(_ id: EventID) async throws(StoreError) -> EventSummary? { nil }
    func eventBody(_ id: EventID, actor: Actor, at: Timestamp) async throws(StoreError) -> [UInt8]? { nil }
}
