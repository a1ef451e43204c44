import Installations
import Sealing
import Store

extension MemoryRows {
    /// The rows of a new deployment. One record vouches for all of them.
    init(of new: NewDeployment) {
        deployment = DeploymentRow(
            wrapped: new.wrapped.bytes, storageKey: new.storageKey.description, form: .current, proof: new.proof)
        storageKeys = [
            new.storageKey: StorageKeyRow(
                id: new.storageKey, state: .primary, createdAt: new.at, promotedAt: new.at,
                checkValue: new.checkValue, proof: new.keyProof)
        ]
        audit = [new.record]
    }

    /// The keys that may open something: nobody retired or destroyed them, and their rows are authentic.
    func keysInForce(by authority: Authority) -> Set<StorageKeyID> {
        let keys = storageKeys.values.filter { key in
            key.state.isInForce
                && authority.isGenuine(
                    .storageKey(key.id, state: key.state), key.proof, latest: latest(about: .storageKey(key.id)))
        }
        return Set(keys.map(\.id))
    }
}
