import Ingress
import Installations
import Logging
import Marketplace
import Metrics
import OperatorAPI
import PostgresStore
import SQLiteStore
import Sealing
import Store
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
        try TrustAnchors(settings: settings).check()
        // Before anything is opened: with too few descriptors nothing below could be trusted to fail in words.
        _ = try DescriptorBudget.ofThisProcess(settings)
        do {
            let isRestored = PendingRestore.isWaiting(in: directory)
            // Before the lock: where the database is lost, nothing is made either.
            if !isRestored, case .sqlite = settings.store { try checkDatabase(settings) }
            let lock = try ProcessLock(path: directory.lockFile)
            var settings = settings
            if isRestored {
                try await completeRestore(settings, lock, now)
                settings = try settings.again()
                try TrustAnchors(settings: settings).check()
                try await RestoredMove(settings: settings).run(with: lock)
            }
            let descriptors = try DescriptorBudget.ofThisProcess(settings)
            settings.ingress.maxConnections = descriptors.connections
            let keyring = try Keyring(directory: KeyDirectory(path: settings.keysDirectory))
            let platform = try trustedKeys(settings)
            let manifests = try Manifests.load(from: directory.addonsDirectory)
            let routes = try RouteTable(manifests)
            let (engine, care) = try openEngine(settings, lock, keyring, now)
            let store = Store(over: engine, probe: CrashPoint.probe())
            let now = care.clock ?? now
            await store.noteClock(at: now())
            var limits = Inbox.Limits(storedEvents: settings.inboxMaxEvents)
            limits.storedBytes = settings.inboxMaxBytes
            let inbox = Inbox(store: store, limits: limits, metrics: PrometheusRegistry.installed)
            return assemble(
                settings, descriptors, care, store, inbox, keyring, platform, manifests, routes, logger, now)
        } catch {
            throw StartupError(error)
        }
    }

    /// The engine that the settings name, and what it needs while it is open.
    private static func openEngine(
        _ settings: Settings, _ lock: ProcessLock, _ keyring: Keyring, _ now: @escaping Now
    ) throws -> (any StoreEngine, StoreCare) {
        switch settings.store {
        case .sqlite:
            let engine = try SQLiteStore(
                path: settings.dataDirectory.databaseFile, lock: lock, keyring: keyring,
                minFreeBytes: settings.storeMinFreeBytes, now: now)
            return (engine, StoreCare(of: engine))
        case .postgres(let address, _):
            let file = settings.dataDirectory.databaseFile
            let drafting = RowDrafting(besides: file, minFreeBytes: settings.storeMinFreeBytes)
            drafting.removeLeftovers()
            do {
                let engine = try PostgresStore(
                    at: address, connections: settings.storeConnections, keyring: keyring,
                    drafting: drafting, now: now)
                return (engine, StoreCare(of: engine, in: lock))
            } catch PostgresOpenError.noDeployment where Files.exist([file]) {
                throw StartupError.notMoved(file: file, to: settings.store.name)
            }
        }
    }

    private static func checkDatabase(_ settings: Settings) throws {
        let directory = settings.dataDirectory
        do throws(StoreOpenError) {
            try SQLiteStore.checkFile(directory.databaseFile)
        } catch .lost(_, .missing) where !Files.exist([directory.configurationFile, settings.keysDirectory]) {
            throw StartupError.noDeployment(directory.path)
        }
    }

    private static func completeRestore(_ settings: Settings, _ lock: ProcessLock, _ now: Now) async throws {
        let pending = PendingRestore(
            directory: settings.dataDirectory, keysDirectory: settings.keysDirectory, store: settings.namedStore,
            now: now())
        do {
            try await pending.complete(lock) { try settings.keysDirectoryWith($0) }
        } catch let error as BackupOpenError {
            throw StartupError.pendingRestore(error)
        }
    }

    private static func assemble(
        _ settings: Settings, _ descriptors: DescriptorBudget, _ care: StoreCare, _ store: Store, _ inbox: Inbox,
        _ keyring: Keyring, _ platform: TrustedKeys, _ manifests: [Manifest], _ routes: RouteTable, _ logger: Logger,
        _ now: @escaping Now
    ) -> System {
        let registry = PrometheusRegistry.installed
        let lines = LineBudget()
        let vault = store.vault
        let verifier = TokenVerifier(keys: platform, refuseUserClaims: settings.refuseUserClaims)
        let directory = TokenDirectory(
            limit: settings.directoryMaxInstallations, paths: manifests.flatMap(\.webhookEvents.keys))
        let loader = CredentialLoader(store: store, vault: vault, directory: directory)
        let manager = InstallationManager(
            store: store, audit: store, verifier: verifier, directory: directory, handedOut: store.handedOut,
            manifests: manifests, hosts: settings.platformHosts, now: now)
        let refused = RefusedTokens()
        let authenticator = WebhookAuthenticator(
            verifier: verifier, directory: directory, loader: loader, refused: refused, now: now, metrics: registry)
        let receiver = WebhookReceiver(
            authenticator: authenticator,
            intake: SealingIntake(inbox: inbox, vault: vault, ids: store.eventIDs, now: now))
        let delivery = DeliverySystem(
            store: store, forwards: settings.forwards, retention: EventRetention(days: settings.eventsRetentionDays),
            connections: descriptors.toTarget, log: DeliveryLog(logger: logger, lines: lines), metrics: registry,
            now: now)
        let keeper = InstanceKeeper(store: store, directory: directory, logger: logger, now: now)
        let readiness = Readiness(store) { keeper.lacksKey }
        let metrics = MetricsPage(
            registry: registry, store: store, waiting: { store.waitingEvents }, keptBytes: { store.kept.bytes },
            isReady: { await readiness.word() == nil }, now: now)
        let calls = OperatorCalls()
        let keyManager = StorageKeyManager(store: store, keyring: keyring, now: now, probe: CrashPoint.probe())
        let statistics = Statistics(
            store: store, targets: delivery.targets, pauses: store.pauses, waiting: { store.waitingEvents },
            room: settings.inboxMaxEvents,
            fullness: { Double(store.kept.bytes) / Double(max(settings.inboxMaxBytes, 1)) },
            readiness: { await readiness.trouble() }, sample: { await metrics.sample() },
            isRotating: { keyManager.isWorking }, now: now)
        let checks = SystemChecks(
            settings: settings, store: store, descriptors: descriptors, statistics: statistics, now: now)
        let operators = OperatorServer(
            services: OperatorServices(
                manager: manager, installations: store, events: store, delivery: store, leases: delivery.leases,
                targets: delivery.targets, targetStore: store, audit: store, calls: calls, storageKeys: store,
                keyManager: keyManager,
                apiKeys: store, sessions: store,
                backups: BackupManager(store: store, program: Version.current, now: now) { () throws(BackupError) in
                    try DeploymentFiles.collect(settings.dataDirectory)
                },
                manifests: manifests, hosts: settings.platformHosts, routes: routes, webhooks: authenticator,
                statistics: statistics,
                checks: { await checks.findings() }, readiness: { await readiness.word() },
                metrics: { await metrics.text(attention: await statistics.current().attention) },
                now: now),
            console: settings.console, metrics: registry, lines: lines)
        return System(
            settings: settings, descriptors: descriptors, lines: lines, logger: logger, care: care, store: store,
            inbox: inbox,
            delivery: delivery, routes: routes,
            receiver: receiver, manager: manager, calls: calls, operators: operators, readiness: readiness,
            keeper: keeper,
            historyKeeper: HistoryKeeper(store: store, registry: registry, refused: refused, logger: logger, now: now),
            now: now)
    }

    private static func trustedKeys(_ settings: Settings) throws(StartupError) -> TrustedKeys {
        guard let file = settings.platformKeysFile else { return KnownPlatform.clockify.builtInKeys }
        let pem = try Files.read(file, isTrusted: true)
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
