import ArgumentParser
import Foundation
import Ingress
import Installations
import Logging
import Marketplace
import OperatorAPI
import SQLiteStore
import Sealing
import ServiceLifecycle
import UnixSignals
import Webhooks

/// `bench serve-verify`: the public listener as it is, in front of an inbox that keeps nothing.
struct ServeVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve-verify",
        abstract: "Serve a deployment's webhooks, but forget each event instead of committing it.")

    @Option(help: "The data directory; its installations are the real ones.")
    var dataDir: String

    @Option(help: "The stand-in platform's public key.")
    var platformKeys: String

    func run() async throws {
        let keyring = try Keyring(directory: KeyDirectory(path: dataDir + "/keys"))
        let store = try SQLiteStore(
            path: dataDir + "/innkeeper.sqlite", lock: try ProcessLock(path: dataDir + "/innkeeper.lock"),
            keyring: keyring)
        let manifest = try Manifest(Array(try Data(contentsOf: URL(filePath: dataDir + "/addons/sample-addon.json"))))
        let verifier = TokenVerifier(keys: try TrustedKeys(pem: String(contentsOfFile: platformKeys, encoding: .utf8)))
        let vault = InstallationVault(keyring: keyring)
        let directory = TokenDirectory(limit: 1_000_000)
        let now: Now = { .now() }
        let loader = CredentialLoader(store: store, vault: vault, verifier: verifier, directory: directory, now: now)
        // As `serve` does it: what recording a metric costs belongs to the figure.
        let metrics = PrometheusRegistry()
        let inbox = Inbox(store: ForgetfulStore(), limits: Inbox.Limits(storedEvents: 5_000_000), metrics: metrics)
        let receiver = WebhookReceiver(
            authenticator: WebhookAuthenticator(
                verifier: verifier, directory: directory, loader: loader, now: now, metrics: metrics),
            inbox: inbox, vault: vault, ids: store.eventIDs, now: now)
        guard let hosts = PlatformHosts(["clockify.me"]) else { throw SeedError() }
        var logger = Logger(label: "bench")
        logger.logLevel = .critical
        let server = IngressServer(
            configuration: IngressConfiguration(host: "127.0.0.1", port: 0), routes: try RouteTable([manifest]),
            webhooks: receiver,
            lifecycle: InstallationManager(
                store: store, verifier: verifier, directory: directory, loader: loader, manifests: [manifest],
                hosts: hosts, now: now),
            readiness: { nil }, logger: logger, metrics: metrics)
        announce(try await server.start().description)
        let services: [any Service] = [inbox, server]
        try await ServiceGroup(services: services, gracefulShutdownSignals: [.sigterm], logger: logger).run()
        try store.close()
    }
}

/// Takes every event and keeps none.
private struct ForgetfulStore: EventStore {
    var waitingEvents: Int { 0 }

    func append(_ events: [InboxEvent]) async throws(StoreError) -> [Bool] {
        [Bool](repeating: true, count: events.count)
    }

    func events(
        matching filter: EventFilter, page: PageRequest
    ) async throws(StoreError) -> Page<EventSummary> { Page(items: [], next: nil) }

    func event(_ id: EventID) async throws(StoreError) -> EventSummary? { nil }
    func eventBody(_ id: EventID, actor: Actor, at: Timestamp) async throws(StoreError) -> [UInt8]? { nil }
}
