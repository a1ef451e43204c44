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

    /// The form of the store that the deployment key is wrapped for; nil for a store from before there were any.
    ///
    /// The row that says the form can be taken away with its MAC, and every record that tells of it. Nobody without the storage
    /// key can make this key be wrapped for an older form, so a store that is up to date cannot be made to look older.
    let form: StoreForm?

    /// Where the deployment key of a store of this form lies.
    static func context(_ form: StoreForm?) -> SealingContext {
        SealingContext(purpose: "deployment-key", place: form.map { ["form \($0.rawValue)"] } ?? [])
    }

    init(_ deployment: DeploymentKey, _ form: StoreForm?) {
        audit = deployment.auditKey
        apiKeys = deployment.apiKeyHashKey
        backups = deployment.backupKey
        authority = deployment.authorityKey
        handedOut = deployment.handedOutKey
        self.form = form
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
        let (deployment, form) = try Self.open(wrapped, keyring)
        self.init(deployment, form)
    }

    /// Wraps the key for another form of the store, under the same storage key.
    static func rewrap(for form: StoreForm, _ keyring: Keyring, _ db: Database) throws {
        let old = try wrapped(db)
        let (deployment, _) = try open(old, keyring)
        let new = try keyring.key(StorageKeyID(bitPattern: old.keyIDBitPattern)).wrap(deployment, in: context(form))
        // Whoever replaces the old value by it has nothing else left.
        guard try open(new, keyring).form == form else { throw StoreError.corruptRow(table: "deployment", number: 1) }
        try db.execute(sql: "UPDATE deployment SET wrapped_key = ?", arguments: [new.bytes.databaseBytes])
    }

    private static func open(
        _ wrapped: SealedValue, _ keyring: Keyring
    ) throws(StoreError) -> (key: DeploymentKey, form: StoreForm?) {
        let id = StorageKeyID(bitPattern: wrapped.keyIDBitPattern)
        do {
            let storageKey = try keyring.key(id)
            for form in [.current, .mixed, nil] as [StoreForm?] {
                do throws(SealingError) {
                    return (try storageKey.unwrapDeploymentKey(wrapped, in: context(form)), form)
                } catch .cannotOpen {
                    continue
                }
            }
            throw StoreError.corruptRow(table: "deployment", number: 1)
        } catch KeyringError.notPermitted(let id) {
            throw StoreError.storageKeyNotInForce(id)
        } catch is KeyringError {
            throw StoreError.unknownStorageKey(id)
        } catch {
            throw StoreError.corruptRow(table: "deployment", number: 1)
        }
    }
}
