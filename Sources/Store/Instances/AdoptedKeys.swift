package import Installations
package import Sealing

/// How a process stands with the storage keys that are in force.
package struct AdoptedKeys: Sendable {
    /// Those that it can use.
    package fileprivate(set) var loaded: Set<StorageKeyID> = []
    /// Those, and others, whose files it has.
    package fileprivate(set) var files: Set<StorageKeyID> = []
    /// Those whose files it lacks, or that lie under the right name and are others.
    package fileprivate(set) var missing: Set<StorageKeyID> = []
    /// Those of them without which it cannot serve.
    package fileprivate(set) var needed: Set<StorageKeyID> = []

    fileprivate init() {}
}

extension Store {
    /// Lets this process use the storage keys that are in force and no others, as other processes have decided since it began; those
    /// whose files it has are loaded, and the files of destroyed ones go.
    package func adoptStorageKeys() async throws(StoreError) -> AdoptedKeys {
        let keyring = tools.keyring
        var keys = AdoptedKeys()
        for key in try await storageKeys() where key.isGenuine {
            if key.state.isInForce {
                do throws(KeyringError) {
                    try keyring.adopt(key)
                    keys.loaded.insert(key.id)
                } catch {
                    keys.missing.insert(key.id)
                    if key.state.needsFile { keys.needed.insert(key.id) }
                }
            } else {
                keyring.forbid(key.id)
                // `try?`: what is left of it is among the files below, and `doctor` names it.
                if key.state == .destroyed { try? keyring.remove(key.id) }
            }
            if keyring.hasFile(of: key.id) { keys.files.insert(key.id) }
        }
        membership.note(lacksKey: !keys.needed.isEmpty)
        return keys
    }
}

extension Keyring {
    /// Loads a key that is in force. One that is in memory stays, whatever became of its file; another one is looked at first.
    fileprivate func adopt(_ key: StorageKeyRecord) throws(KeyringError) {
        if !isLoaded(key.id) { try check(key.id, knownBy: key.checkValue) }
        permit(key.id)
        _ = try self.key(key.id)
    }
}
