import Synchronization

/// The storage keys that this process has loaded.
package final class Keyring: Sendable {
    private let directory: KeyDirectory
    private let keys: Mutex<[StorageKeyID: StorageKey]>

    /// Loads every key file of the directory. Any bad file is an error: `serve` must not start with half its keys.
    /// Blocks on the file system.
    package init(directory: KeyDirectory) throws(KeyFileError) {
        self.directory = directory
        var loaded: [StorageKeyID: StorageKey] = [:]
        for key in try directory.loadAll() { loaded[key.id] = key }
        keys = Mutex(loaded)
    }

    /// The ids of the loaded keys, in the order of their text.
    package var ids: [StorageKeyID] {
        keys.withLock { $0.keys.sorted { $0.description < $1.description } }
    }

    /// The key with this id.
    ///
    /// A loaded key costs a dictionary look-up. For an id that is not loaded the directory is asked once, which blocks
    /// on the file system: another process may have added the key a moment ago. Only that key's file is read, so a
    /// broken file that nobody asked for stops nothing here.
    package func key(_ id: StorageKeyID) throws(KeyringError) -> StorageKey {
        if let key = keys.withLock({ $0[id] }) { return key }
        // Outside the lock: a slow disk must not hold up those whose key is loaded.
        let loaded: StorageKey
        do throws(KeyFileError) {
            loaded = try directory.load(id)
        } catch .missing {
            throw .unknownKey(id)
        } catch {
            throw .keyFile(error)
        }
        keys.withLock { $0[id] = loaded }
        return loaded
    }

    /// Makes a new key durable, then available: a key must never wrap anything that a crash could orphan.
    package func add(_ key: StorageKey) throws(KeyFileError) {
        try directory.create(key)
        keys.withLock { $0[key.id] = key }
    }

    /// Deletes the key's file, durably, then forgets the key. When deleting fails the key stays loaded.
    package func remove(_ id: StorageKeyID) throws(KeyFileError) {
        try directory.remove(id)
        keys.withLock { $0[id] = nil }
    }
}

/// Why a keyring has no such key. Safe to print.
package enum KeyringError: Error, Equatable, CustomStringConvertible {
    /// Neither loaded nor in the key directory.
    case unknownKey(StorageKeyID)
    /// Its file is there but was refused.
    case keyFile(KeyFileError)

    /// One line that names the key or the file, and the fix.
    package var description: String {
        switch self {
        case .unknownKey(let id):
            "storage key \(id) is not in the key directory; put its file back from your copy"
        case .keyFile(let error):
            error.description
        }
    }
}
