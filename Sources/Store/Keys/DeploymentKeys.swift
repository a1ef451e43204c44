package import Installations
package import Sealing

/// The keys that belong to a deployment as a whole, derived from its one deployment key.
package struct DeploymentKeys: Sendable {
    /// Of the audit chain.
    package let audit: MACKey
    /// Of the API keys' hashes.
    package let apiKeys: MACKey
    /// Of backups' seals.
    package let backups: MACKey
    /// Of rows that decide something.
    package let authority: MACKey
    /// Of tokens that were handed out.
    package let handedOut: MACKey
    /// Of what processes that share the store are configured with.
    package let configuration: MACKey
    /// Of sessions at the console.
    package let sessions: MACKey

    /// The form of the store that the deployment key is wrapped for; nil for a store from before there were any.
    ///
    /// The row that says the form can be taken away with its MAC, and every record that tells of it. Nobody without the storage
    /// key can make this key be wrapped for an older form, so a store that is up to date cannot be made to look older.
    package let form: StoreForm?

    /// Where the deployment key of a store of this form lies.
    package static func context(_ form: StoreForm?) -> SealingContext {
        SealingContext(purpose: "deployment-key", place: form.map { ["form \($0.rawValue)"] } ?? [])
    }

    /// The keys of a deployment of this form.
    package init(_ deployment: DeploymentKey, _ form: StoreForm?) {
        audit = deployment.auditKey
        apiKeys = deployment.apiKeyHashKey
        backups = deployment.backupKey
        authority = deployment.authorityKey
        handedOut = deployment.handedOutKey
        configuration = deployment.configurationKey
        sessions = deployment.sessionKey
        self.form = form
    }

    /// The keys in a deployment key as it is stored.
    package init(_ wrapped: SealedValue, _ keyring: Keyring) throws(StoreError) {
        let (deployment, form) = try Self.open(wrapped, keyring)
        self.init(deployment, form)
    }

    /// The key wrapped for another form of the store, under the same storage key.
    package static func rewrap(
        _ old: SealedValue, for form: StoreForm, _ keyring: Keyring
    ) throws(StoreError) -> SealedValue {
        let (deployment, _) = try open(old, keyring)
        let id = StorageKeyID(bitPattern: old.keyIDBitPattern)
        guard let storageKey = try? keyring.key(id) else { throw .unknownStorageKey(id) }
        let new = storageKey.wrap(deployment, in: context(form))
        // Whoever replaces the old value by it has nothing else left.
        guard try open(new, keyring).form == form else { throw .corruptRow(.deployment) }
        return new
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
            throw StoreError.corruptRow(.deployment)
        } catch KeyringError.notPermitted(let id) {
            throw StoreError.storageKeyNotInForce(id)
        } catch is KeyringError {
            throw StoreError.unknownStorageKey(id)
        } catch {
            throw StoreError.corruptRow(.deployment)
        }
    }
}

/// How the store as a whole is read: the row of authority that says whether anything of an older form still counts, and the
/// deployment key beside it. Not judged yet.
package struct StoredDeployment: Sendable {
    /// How far the store has been brought up to date.
    package let form: StoreForm
    /// The deployment key, wrapped.
    package let wrapped: [UInt8]
    /// What the row says that it is wrapped under.
    package let storageKey: String
    /// What vouches for the form.
    package let vouched: Vouched

    /// What was read.
    package init(form: StoreForm, wrapped: [UInt8], storageKey: String, vouched: Vouched) {
        self.form = form
        self.wrapped = wrapped
        self.storageKey = storageKey
        self.vouched = vouched
    }

    /// The deployment key as it is stored.
    package func sealedKey() throws(StoreError) -> SealedValue {
        try SealedValue(stored: wrapped, in: .deployment)
    }

    /// The form and the record that decided it; nil for a store from before there were proofs.
    ///
    /// - Parameter least: The form that the deployment key is wrapped for: the store is not older.
    /// - Throws: `.forgedRow` when it is not authentic, or was one that is and has been made to look older: then every row
    ///   could have been.
    package func judged(
        by seal: AuthoritySeal, least: StoreForm?
    ) throws(StoreError) -> (form: StoreForm, decidedBy: RecordNumber)? {
        guard let proof = vouched.proof else {
            guard vouched.latest == 0, least == nil else { throw .forgedRow(.deployment) }
            return nil
        }
        guard seal.vouches(for: .deployment(form), proof), proof.decidedBy >= vouched.latest,
            form.rawValue >= least?.rawValue ?? 0
        else {
            throw .forgedRow(.deployment)
        }
        return (form, proof.decidedBy)
    }
}
