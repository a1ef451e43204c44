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
    let targets: Targets
    let targetStore: any TargetStore
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
    let statistics: Statistics
    let checks: @Sendable () async -> [Finding]
    let readiness: @Sendable () async -> String?
    let metrics: @Sendable () async -> String
    let now: Now

    /// Everything the routes need.
    ///
    /// - Parameters:
    ///   - targets: Where this process pushes.
    ///   - calls: What the log sums up.
    ///   - hosts: Where an API URL may lead that is given out.
    ///   - routes: The public paths of the manifests.
    ///   - webhooks: What judges a webhook that a gateway asks about.
    ///   - checks: The store's side of `doctor`.
    ///   - readiness: Nil when ready, else one word why not.
    ///   - metrics: All metrics in Prometheus' text format.
    ///   - statistics: How everything stands.
    package init(
        manager: InstallationManager, installations: any InstallationStore, events: any EventStore,
        delivery: any DeliveryStore, leases: Leases, targets: Targets, targetStore: any TargetStore,
        audit: any AuditStore, calls: OperatorCalls,
        storageKeys: any StorageKeyStore,
        keyManager: StorageKeyManager, apiKeys: any APIKeyStore, sessions: any SessionStore, backups: BackupManager,
        manifests: [Manifest], hosts: PlatformHosts, routes: RouteTable, webhooks: WebhookAuthenticator,
        statistics: Statistics,
        checks: @escaping @Sendable () async -> [Finding], readiness: @escaping @Sendable () async -> String?,
        metrics: @escaping @Sendable () async -> String, now: @escaping Now
    ) {
        self.manager = manager
        self.installations = installations
        self.events = events
        self.delivery = delivery
        self.leases = leases
        self.targets = targets
        self.targetStore = targetStore
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
        self.statistics = statistics
        self.checks = checks
        self.readiness = readiness
        self.metrics = metrics
        self.now = now
    }
}
