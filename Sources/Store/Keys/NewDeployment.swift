package import Installations
package import Sealing

/// The first rows of a new store, decided: its deployment key, its first storage key as the primary one, and the one audit record
/// that vouches for both. The storage key's file must be durable already: from the first committed row on, the store depends on
/// it.
package struct NewDeployment: Sendable {
    /// The deployment's own keys.
    package let keys: DeploymentKeys
    /// The deployment key, wrapped under the storage key.
    package let wrapped: SealedValue
    /// The storage key.
    package let storageKey: StorageKeyID
    /// Tells the storage key's file from a wrong one.
    package let checkValue: [UInt8]
    /// When it was made.
    package let at: Timestamp
    /// The first record of the audit log.
    package let record: AuditRecord
    /// Vouches for the row of the deployment, which is of the current form.
    package let proof: AuthorityProof
    /// Vouches for the storage key's being the primary one.
    package let keyProof: AuthorityProof

    /// A deployment under this storage key.
    package init(under key: StorageKey, actor: Actor, at: Timestamp) throws(StoreError) {
        let deployment = DeploymentKey.random()
        keys = DeploymentKeys(deployment, .current)
        wrapped = key.wrap(deployment, in: DeploymentKeys.context(.current))
        storageKey = key.id
        checkValue = key.checkValue
        self.at = at
        let entry = AuditEntry(
            at: at, actor: actor.text, action: AuditAction.initialise.rawValue, subject: key.id.description,
            outcome: "created", decides: .deployment)
        var tail = AuditTail(after: nil, AuditChain(key: keys.audit))
        record = try tail.append(entry)
        let seal = AuthoritySeal(key: keys.authority)
        proof = seal.prove(.deployment(.current), decidedBy: record.number)
        keyProof = seal.prove(.storageKey(key.id, state: .primary), decidedBy: record.number)
    }
}
