package import Installations
package import Marketplace
package import Webhooks

/// What the operator API stands on: the use cases, the stores' promises, and the manifests.
package struct OperatorServices: Sendable {
    let manager: InstallationManager
    let installations: any InstallationStore
    let events: any EventStore
    let delivery: any DeliveryStore
    let leases: Leases
    let audit: any AuditStore
    let calls: OperatorCalls
    let storageKeys: any StorageKeyStore
    let keyManager: StorageKeyManager
    let apiKeys: any APIKeyStore
    let sessions: any SessionStore
    let backups: BackupManager
    let manifests: [Manifest]
    let hosts: PlatformHosts
    let routes: RouteTable
    let webhooks: WebhookAuthenticator
    let checks: @Sendable () async -> [Finding]
    let readiness: @Sendable () async -> String?
    let metrics: @Sendable () async -> String
    let figures: @Sendable () async -> StoreSample?
    let waiting: @Sendable () -> Int
    let room: Int
    let now: Now

    /// Everything the routes need.
    ///
    /// - Parameters:
    ///   - calls: What the log sums up.
    ///   - hosts: Where an API URL may lead that is given out.
    ///   - routes: The public paths of the manifests.
    ///   - webhooks: What judges a webhook that a gateway asks about.
    ///   - checks: The store's side of `doctor`.
    ///   - readiness: Nil when ready, else one word why not.
    ///   - metrics: All metrics in Prometheus' text format.
    ///   - figures: What is in the store, counted not long ago; nil while it cannot be counted.
    ///   - waiting: Events not settled, known without a query.
    ///   - room: Events that the inbox takes, dead letters included.
    package init(
        manager: InstallationManager, installations: any InstallationStore, events: any EventStore,
        delivery: any DeliveryStore, leases: Leases, audit: any AuditStore, calls: OperatorCalls,
        storageKeys: any StorageKeyStore,
        keyManager: StorageKeyManager, apiKeys: any APIKeyStore, sessions: any SessionStore, backups: BackupManager,
        manifests: [Manifest], hosts: PlatformHosts, routes: RouteTable, webhooks: WebhookAuthenticator,
        checks: @escaping @Sendable () async -> [Finding], readiness: @escaping @Sendable () async -> String?,
        metrics: @escaping @Sendable () async -> String, figures: @escaping @Sendable () async -> StoreSample?,
        waiting: @escaping @Sendable () -> Int, room: Int, now: @escaping Now
    ) {
        self.manager = manager
        self.installations = installations
        self.events = events
        self.delivery = delivery
        self.leases = leases
        self.audit = audit
        self.calls = calls
        self.storageKeys = storageKeys
        self.keyManager = keyManager
        self.apiKeys = apiKeys
        self.sessions = sessions
        self.backups = backups
        self.manifests = manifests
        self.hosts = hosts
        self.routes = routes
        self.webhooks = webhooks
        self.checks = checks
        self.readiness = readiness
        self.metrics = metrics
        self.figures = figures
        self.waiting = waiting
        self.room = room
        self.now = now
    }
}
