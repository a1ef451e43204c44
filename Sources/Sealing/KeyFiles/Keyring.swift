import Synchronization

/// The storage keys that this process has loaded, and which of them may open anything.
///
/// A file in the key directory is no permission: whoever can write the store could otherwise have values opened by a key
/// that was retired because it leaked. What the store says of each key decides, see `permit`.
package final class Keyring: Sendable {
    private struct State {
        var loaded: [StorageKeyID: StorageKey] = [:]
        /// The keys that open; nil until the store has said so, and then every file counts.
        var permitted: Set<StorageKeyID>?

        func isPermitted(_ id: StorageKeyID) -> Bool { permitted?.contains(id) ?? true }
    }

    private let directory: KeyDirectory
    private let state = Mutex(State())

    /// Loads every key file of the directory. Any bad file is an error: `serve` must not start with half its keys.
    /// Blocks on the file system.
    package init(directory: KeyDirectory) throws(KeyFileError) {
        self.directory = directory
        let keys = try directory.loadAll()
        state.withLock { state in
            for key in keys { state.loaded[key.id] = key }
        }
    }

    /// The ids of the loaded keys, in the order of their text.
    package var ids: [StorageKeyID] {
        state.withLock { $0.loaded.keys.sorted { $0.description < $1.description } }
    }

    // MARK: Permission

    /// From now on these keys open and no others, whatever files there are; what else is loaded is unloaded and its memory
    /// zeroed.
    package func permit(only ids: Set<StorageKeyID>) {
        state.withLock { state in
            state.permitted = ids
            state.loaded = state.loaded.filter { ids.contains($0.key) }
        }
    }

    /// Another key opens as well: one that was added or enabled.
    package func permit(_ id: StorageKeyID) {
        _ = state.withLock { $0.permitted?.insert(id) }
    }

    /// A key opens nothing any more: it was retired. Its memory is zeroed when nobody is using it.
    package func forbid(_ id: StorageKeyID) {
        state.withLock { state in
            state.permitted?.remove(id)
            state.loaded[id] = nil
        }
    }

    /// Reads a key's file to see that it is there and whole, whether or not the key may open anything.
    package func check(_ id: StorageKeyID) throws(KeyringError) {
        _ = try read(id)
    }

    /// The same, and that it is the key which the store knows by this value: a file says itself whose it is, so another key may lie
    /// under the right name. Nothing may be wrapped under that.
    package func check(_ id: StorageKeyID, knownBy value: [UInt8]) throws(KeyringError) {
        guard try read(id).checkValue == value else { throw .otherKey(id) }
    }

    /// Whether a key is in memory, and may open something.
    package func isLoaded(_ id: StorageKeyID) -> Bool { state.withLock { $0.loaded[id] != nil } }

    /// Whether a key's file is there, and is that key's.
    package func hasFile(of id: StorageKeyID) -> Bool {
        do {
            try check(id)
            return true
        } catch {
            return false
        }
    }

    // MARK: Keys

    /// The key with this id.
    ///
    /// A loaded key costs a dictionary look-up. For an id that is not loaded the directory is asked once, which blocks
    /// on the file system: its file may have been put back a moment ago. Only that key's file is read, so a broken file
    /// that nobody asked for stops nothing here.
    package func key(_ id: StorageKeyID) throws(KeyringError) -> StorageKey {
        let (known, isPermitted) = state.withLock { ($0.loaded[id], $0.isPermitted(id)) }
        guard isPermitted else { throw .notPermitted(id) }
        if let known { return known }
        // Outside the lock: a slow disk must not hold up those whose key is loaded.
        let loaded = try read(id)
        try state.withLock { state throws(KeyringError) in
            // It may have been retired while its file was read.
            guard state.isPermitted(id) else { throw .notPermitted(id) }
            state.loaded[id] = loaded
        }
        return loaded
    }

    private func read(_ id: StorageKeyID) throws(KeyringError) -> StorageKey {
        do throws(KeyFileError) {
            return try directory.load(id)
        } catch .missing {
            throw .unknownKey(id)
        } catch {
            throw .keyFile(error)
        }
    }

    /// Makes a new key durable, then available: a key must never wrap anything that a crash could orphan.
    package func add(_ key: StorageKey) throws(KeyFileError) {
        try directory.create(key)
        state.withLock { state in
            state.permitted?.insert(key.id)
            state.loaded[key.id] = key
        }
    }

    /// Deletes the key's file, durably, then forgets the key. When deleting fails the key stays loaded.
    package func remove(_ id: StorageKeyID) throws(KeyFileError) {
        try directory.remove(id)
        forbid(id)
    }
}

/// Why a keyring has no such key. Safe to print.
package enum KeyringError: Error, Equatable, CustomStringConvertible {
    /// Neither loaded nor in the key directory.
    case unknownKey(StorageKeyID)
    /// Its file is there but was refused.
    case keyFile(KeyFileError)
    /// Its file holds another key than the one that the store knows.
    case otherKey(StorageKeyID)
    /// The store does not know it, or knows it as disabled or destroyed.
    case notPermitted(StorageKeyID)

    /// One line that names the key or the file, and the fix.
    package var description: String {
        switch self {
        case .unknownKey(let id):
            "storage key \(id) is not in the key directory; put its file back from your copy"
        case .keyFile(let error):
            error.description
        case .otherKey(let id):
            "\(id).key does not hold the key that the store knows; put the right file in its place"
        case .notPermitted(let id):
            "storage key \(id) is not in force: the store does not know it, or it is disabled or destroyed"
        }
    }
}
