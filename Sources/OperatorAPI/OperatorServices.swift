package import Installations
package import Marketplace
package import Webhooks

/// What the operator API stands on: the use cases, the stores' promises, and the manifests.
package struct OperatorServices: Sendable {
    let manager: InstallationManager
    let installations: any InstallationStore
    let events: any EventStore
    let audit: any AuditStore
    let storageKeys: any StorageKeyStore
    let keyManager: StorageKeyManager
    let apiKeys: any APIKeyStore
    let backups: BackupManager
    let manifests: [Manifest]
    let checks: @Sendable () async -> [Finding]
    let readiness: @Sendable () async -> String?
    let metrics: @Sendable () -> String
    let now: Now

    /// Everything the routes need.
    ///
    /// - Parameters:
    ///   - checks: The store's side of `doctor`.
    ///   - readiness: Nil when ready, else one word why not.
    ///   - metrics: All metrics in Prometheus' text format.
    package init(
        manager: InstallationManager, installations: any InstallationStore, events: any EventStore,
        audit: any AuditStore, storageKeys: any StorageKeyStore, keyManager: StorageKeyManager,
        apiKeys: any APIKeyStore, backups: BackupManager,
        manifests: [Manifest],
        checks: @escaping @Sendable () async -> [Finding], readiness: @escaping @Sendable () async -> String?,
        metrics: @escaping @Sendable () -> String, now: @escaping Now
    ) {
        self.manager = manager
        self.installations = installations
        self.events = events
        self.audit = audit
        self.storageKeys = storageKeys
        self.keyManager = keyManager
        self.apiKeys = apiKeys
        self.backups = backups
        self.manifests = manifests
        self.checks = checks
        self.readiness = readiness
        self.metrics = metrics
        self.now = now
    }
}
