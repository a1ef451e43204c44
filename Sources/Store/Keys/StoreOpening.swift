package import Installations
package import Sealing

/// Why a store does not open with the key files that are there.
package enum NeededKeyError: Error, Hashable, CustomStringConvertible {
    /// The store needs a storage key whose file is not there.
    case missingFile(StorageKeyID)
    /// A key file holds another key than the one the store was made with.
    case wrongFile(StorageKeyID)

    package var description: String {
        switch self {
        case .missingFile(let id):
            "the store needs storage key \(id), but \(id).key is not in keys.dir; put it back"
        case .wrongFile(let id):
            "\(id).key is not the key this store was made with; put the right file back"
        }
    }
}

extension Keyring {
    /// Every key that a store still needs must be loaded and be the right one, before anything is served.
    package func check(for keys: [StoredStorageKey]) throws(NeededKeyError) {
        for needed in keys where [.primary, .retiring].contains(needed.state) {
            let key: StorageKey
            do {
                key = try self.key(needed.id)
            } catch {
                throw .missingFile(needed.id)
            }
            guard key.checkValue == needed.checkValue else { throw .wrongFile(needed.id) }
        }
    }
}

extension StoreTools {
    /// The tools of a deployment whose store has this form, when it is opened. From here on no key opens anything but those in
    /// force: if the deployment's own was wrapped under another one, nothing opens it.
    package init(
        opening deployment: StoredDeployment, of form: StoreForm, with keys: [StoredStorageKey], _ keyring: Keyring
    ) throws(StoreError) {
        let found = try DeploymentKeys(deployment.sealedKey(), keyring)
        let authority = Authority(seal: AuthoritySeal(key: found.authority), gate: FormGate(form))
        keyring.permit(only: Set(keys.filter { $0.isInForce(by: authority) }.map(\.id)))
        self.init(keys: try DeploymentKeys(deployment.sealedKey(), keyring), keyring: keyring, form: form)
    }
}
