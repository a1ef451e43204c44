import GRDB
import Installations
import Sealing

/// The keys that belong to the data directory as a whole, derived from its one deployment key.
struct DeploymentKeys: Sendable {
    /// Of the audit chain.
    let audit: MACKey
    /// Of the API keys' hashes.
    let apiKeys: MACKey
    /// Of backups' seals.
    let backups: MACKey
    /// Of rows that decide something.
    let authority: MACKey
    /// Of tokens that were handed out.
    let handedOut: MACKey

    static let context = SealingContext(purpose: "deployment-key", place: [])

    init(_ deployment: DeploymentKey) {
        audit = deployment.auditKey
        apiKeys = deployment.apiKeyHashKey
        backups = deployment.backupKey
        authority = deployment.authorityKey
        handedOut = deployment.handedOutKey
    }

    init(_ db: Database, _ keyring: Keyring) throws {
        try self.init(try Self.wrapped(db), keyring)
    }

    /// The deployment key as it is stored.
    static func wrapped(_ db: Database) throws -> SealedValue {
        guard let row = try Row.fetchOne(db, sql: "SELECT wrapped_key FROM deployment") else {
            throw StoreError.noPrimaryKey
        }
        return try row.sealed("wrapped_key", table: "deployment", number: 1)
    }

    init(_ wrapped: SealedValue, _ keyring: Keyring) throws(StoreError) {
        let id = StorageKeyID(bitPattern: wrapped.keyIDBitPattern)
        do {
            self.init(try keyring.key(id).unwrapDeploymentKey(wrapped, in: Self.context))
        } catch KeyringError.notPermitted(let id) {
            throw StoreError.storageKeyNotInForce(id)
        } catch is KeyringError {
            throw StoreError.unknownStorageKey(id)
        } catch {
            throw StoreError.corruptRow(table: "deployment", number: 1)
        }
    }
}
