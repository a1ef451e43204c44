package import Installations
import Logging
package import Marketplace
import SQLiteStore
import Sealing
import ServiceLifecycle
import Store
package import Webhooks

/// Everything between the listeners and the disk, wired as the server wires it, over a real store.
package struct TestDeployment: Sendable {
    package let test: TestStore
    package let platform: TestPlatform
    package let clock: TestClock
    package let directory: TokenDirectory
    package let loader: CredentialLoader
    package let manager: InstallationManager
    package let refused = RefusedTokens()
    package let authenticator: WebhookAuthenticator
    package let inbox: Inbox
    package let receiver: WebhookReceiver
    package let streams = ReadyStreams()
    package let holdTimer = HoldTimer()
    package let settlementWriter: SettlementWriter
    package let leases: Leases

    /// A deployment of one add-on. `audit` stands in place of the store's own log.
    package init(
        limits: Inbox.Limits = Inbox.Limits(storedEvents: 1000), refuseUserClaims: Bool = true,
        directoryLimit: Int = 100, trusting keys: TrustedKeys? = nil, over store: TestStore? = nil,
        audit: (any AuditStore)? = nil, changes: Int = ChangeRate.changes
    ) async throws {
        let clock = TestClock()
        let now: Now = { clock.now }
        test = try store ?? TestStore()
        platform = try TestPlatform()
        self.clock = clock
        let trusted = try platform.verifier(refuseUserClaims: refuseUserClaims)
        let verifier = TokenVerifier(keys: keys ?? trusted.keys, refuseUserClaims: refuseUserClaims)
        let vault = test.store.vault
        directory = TokenDirectory(limit: directoryLimit)
        loader = CredentialLoader(store: test.store, vault: vault, directory: directory)
        manager = InstallationManager(
            store: test.store, audit: audit ?? test.store, verifier: verifier, directory: directory,
            handedOut: test.store.handedOut,
            manifests: [platform.manifest], hosts: KnownPlatform.clockify.hosts, rate: ChangeRate(changes: changes),
            now: now)
        authenticator = WebhookAuthenticator(
            verifier: verifier, directory: directory, loader: loader, refused: refused, now: now)
        inbox = Inbox(store: test.store, limits: limits)
        settlementWriter = SettlementWriter(store: test.store)
        leases = Leases(
            store: test.store, settlementWriter: settlementWriter, streams: streams, holdTimer: holdTimer, pushed: [],
            log: .unread, now: now)
        receiver = WebhookReceiver(
            authenticator: authenticator,
            intake: SealingIntake(inbox: inbox, vault: vault, ids: test.store.eventIDs, now: now))
    }

    /// Runs inbox, settlement writer and dispatcher while `body` runs.
    package func running(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            for service in services {
                tasks.addTask {
                    try await service.run()
                    return false
                }
            }
            tasks.addTask {
                try await body()
                return true
            }
            while let isBody = try await tasks.next() {
                if isBody { tasks.cancelAll() }
            }
        }
    }

    private var services: [any Service] {
        let clock = clock
        return [
            inbox, settlementWriter,
            Dispatcher(
                store: test.store, streams: streams, holdTimer: holdTimer, log: .unread, now: { clock.now }),
        ]
    }

    /// The route of one of the manifest's webhook paths.
    package func route(_ path: String = "/webhooks/time") throws -> WebhookRoute {
        guard let path = RoutePath.normalise(path), let events = platform.manifest.webhookEvents[path] else {
            throw CancellationError()
        }
        return WebhookRoute(addonKey: platform.manifest.key, path: path, events: events)
    }

    /// Sends one webhook through the receiver, as the ingress does.
    package func webhook(
        _ signature: String, path: String = "/webhooks/time", event: String = "NEW_TIME_ENTRY", body: String = "{}"
    ) async throws -> WebhookAnswer {
        let admission = receiver.admit(try route(path), signature: signature, event: event)
        return await withCheckedContinuation { continuation in
            receiver.receive(admission, body: Array(body.utf8)) { continuation.resume(returning: $0) }
        }
    }

    /// Sends one lifecycle call, as the ingress does.
    package func lifecycle(_ type: LifecycleType, _ token: String, _ body: [UInt8]) async -> LifecycleAnswer {
        switch manager.authenticate(token, for: platform.manifest.key) {
        case .failure(let refusal): return .refused(refusal)
        case .success(let caller): return await manager.receive(type, from: caller, body: body)
        }
    }

    /// A lifecycle token of an installation.
    package func lifecycleToken(_ id: InstallationID) throws -> String {
        try platform.token(
            id, more: [("iat", .number("\(clock.now.seconds)")), ("exp", .number("\(clock.now.seconds + 60)"))])
    }

    /// Installs, as the platform does.
    package func install(_ id: InstallationID, tokens salt: String = "first") async throws -> LifecycleAnswer {
        await lifecycle(.installed, try lifecycleToken(id), try platform.installedBody(id, tokens: salt))
    }
}

extension DeliveryLog {
    /// A log that nobody reads.
    package static var unread: DeliveryLog {
        DeliveryLog(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }
}
