import Installations
import Logging
import Marketplace
import Metrics
import OperatorAPI
import SQLiteStore
import Sealing
import Webhooks

/// Builds the system from its settings: the one place where everything is tied together. `serve`, every command and the
/// end-to-end tests call it.
enum Bootstrap {
    /// Opens a deployment. Every wrong key, manifest or row shows here, before anything listens.
    static func open(
        _ settings: Settings, logger: Logger, now: @escaping Now = { .now() }
    ) async throws(StartupError) -> System {
        let directory = settings.dataDirectory
        guard directory.exists else { throw .noDataDirectory(directory.path) }
        do {
            try ProcessHardening.apply()
            let lock = try ProcessLock(path: directory.lockFile)
            let keyring = try Keyring(directory: KeyDirectory(path: settings.keysDirectory))
            let platform = try trustedKeys(settings)
            let manifests = try Manifests.load(from: directory.addonsDirectory)
            let routes = try RouteTable(manifests)
            let store = try SQLiteStore(
                path: directory.databaseFile, lock: lock, keyring: keyring, minFreeBytes: settings.storeMinFreeBytes,
                probe: CrashPoint.probe())
            var limits = Inbox.Limits(storedEvents: settings.inboxMaxEvents)
            limits.storedBytes = settings.inboxMaxBytes
            let inbox = Inbox(store: store, limits: limits, metrics: PrometheusRegistry.installed)
            return assemble(
                settings, store, inbox, keyring, platform, manifests, routes, logger, now)
        } catch {
            throw StartupError(error)
        }
    }

    private static func assemble(
        _ settings: Settings, _ store: SQLiteStore, _ inbox: Inbox, _ keyring: Keyring, _ platform: TrustedKeys,
        _ manifests: [Manifest], _ routes: RouteTable, _ logger: Logger, _ now: @escaping Now
    ) -> System {
        let registry = PrometheusRegistry.installed
        let vault = InstallationVault(keyring: keyring)
        let verifier = TokenVerifier(keys: platform, refuseUserClaims: settings.refuseUserClaims)
        let directory = TokenDirectory(
            limit: settings.directoryMaxInstallations, paths: manifests.flatMap(\.webhookEvents.keys))
        let loader = CredentialLoader(store: store, vault: vault, directory: directory)
        let manager = InstallationManager(
            store: store, verifier: verifier, directory: directory, loader: loader, manifests: manifests,
            hosts: settings.platformHosts, now: now)
        let authenticator = WebhookAuthenticator(
            verifier: verifier, directory: directory, loader: loader, now: now, metrics: registry)
        let receiver = WebhookReceiver(
            authenticator: authenticator,
            intake: SealingIntake(inbox: inbox, vault: vault, ids: store.eventIDs, now: now))
        let delivery = DeliverySystem(
            store: store, forwards: settings.forwards, retention: EventRetention(days: settings.eventsRetentionDays),
            metrics: registry, now: now)
        let readiness: @Sendable () async -> String? = { await store.isReady() ? nil : "store" }
        let metrics = MetricsPage(
            registry: registry, store: store, waiting: { store.waitingEvents }, keptBytes: { store.kept.bytes },
            isReady: { await store.isReady() },
            now: now)
        let checks = SystemChecks(settings: settings, store: store, now: now)
        let operators = OperatorServer(
            services: OperatorServices(
                manager: manager, installations: store, events: store, delivery: store, leases: delivery.leases,
                audit: store, storageKeys: store,
                keyManager: StorageKeyManager(store: store, keyring: keyring, now: now, probe: CrashPoint.probe()),
                apiKeys: store,
                backups: BackupManager(store: store, program: Version.current, now: now) { () throws(BackupError) in
                    try DeploymentFiles.collect(settings.dataDirectory)
                },
                manifests: manifests, routes: routes, webhooks: authenticator, checks: { await checks.findings() },
                readiness: readiness, metrics: { await metrics.text() }, now: now),
            metrics: registry)
        return System(
            settings: settings, logger: logger, store: store, inbox: inbox, delivery: delivery, routes: routes,
            receiver: receiver, manager: manager, operators: operators, readiness: readiness)
    }

    private static func trustedKeys(_ settings: Settings) throws(StartupError) -> TrustedKeys {
        guard let file = settings.platformKeysFile else { return .clockify }
        let pem = try Files.read(file)
        do {
            return try TrustedKeys(pem: pem)
        } catch {
            throw .platformKeys(file: file, error)
        }
    }
}

extension PrometheusRegistry {
    /// The process's one registry: swift-metrics takes its backend once.
    static let installed: PrometheusRegistry = {
        let registry = PrometheusRegistry()
        MetricsSystem.bootstrap(registry)
        return registry
    }()
}
