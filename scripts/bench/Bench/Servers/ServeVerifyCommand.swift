import ArgumentParser
import Ingress
import Installations
import Logging
import Marketplace
import OperatorAPI
import SQLiteStore
import ServiceLifecycle
import Store
import UnixSignals
import Webhooks

/// `bench serve-verify`: the public listener as it is, in front of nothing.
struct ServeVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve-verify",
        abstract: "Serve a deployment's webhooks, but forget each one instead of sealing and committing it.")

    @OptionGroup var options: DeploymentOptions

    @Option(help: "Seal each webhook and write it to this file, where nothing finds it again: a bound for every inbox.")
    var log: String?

    func run() async throws {
        let parts = try Parts(options)
        // As `serve` does it: what recording a metric costs belongs to the figure.
        let metrics = PrometheusRegistry()
        let authenticator = WebhookAuthenticator(
            verifier: parts.verifier, directory: parts.directory, loader: parts.loader, now: parts.now,
            metrics: metrics)
        guard let hosts = PlatformHosts(["clockify.me"]) else { throw SeedError() }
        var logger = Logger(label: "bench")
        logger.logLevel = .critical
        let inbox = try log.map { log in
            Inbox(store: try BareLog(path: log), limits: Inbox.Limits(storedEvents: .max), metrics: metrics)
        }
        let intake: any WebhookIntake =
            inbox.map { inbox in
                SealingIntake(inbox: inbox, vault: parts.vault, ids: parts.store.eventIDs, now: parts.now)
            } ?? Oblivion()
        let server = IngressServer(
            configuration: IngressConfiguration(host: "127.0.0.1", port: 0), routes: try RouteTable([parts.manifest]),
            webhooks: WebhookReceiver(authenticator: authenticator, intake: intake),
            lifecycle: InstallationManager(
                store: parts.store, audit: parts.store, verifier: parts.verifier, directory: parts.directory,
                handedOut: parts.store.handedOut,
                manifests: [parts.manifest], hosts: hosts, now: parts.now),
            readiness: { nil }, logger: logger, metrics: metrics)
        announce(try await server.start().description)
        let services: [any Service] = (inbox.map { [$0] } ?? []) + [server]
        try await ServiceGroup(services: services, gracefulShutdownSignals: [.sigterm], logger: logger).run()
        try parts.store.close()
    }
}

/// Takes every webhook and keeps none: what is measured ends where the peers end, with the judgement.
private struct Oblivion: WebhookIntake {
    func accept(
        _ webhook: AuthenticatedWebhook, body: [UInt8], ticket: WriteTicket?, on queue: any CompletionQueue,
        completion: @escaping @Sendable (IntakeOutcome) -> Void
    ) {
        completion(.committed)
    }
}
