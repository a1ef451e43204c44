package import Installations
package import SQLiteStore
package import Sealing
package import Store

/// A real store in a temporary directory.
package struct TestStore: Sendable {
    /// Where it lies.
    package let directory: TemporaryDirectory
    /// Its storage keys.
    package let keyring: Keyring
    /// What keeps it.
    package let engine: SQLiteStore
    /// The store.
    package let store: Store

    /// A new store with one storage key, in a directory of its own unless one is given.
    package init(
        at time: Timestamp = TestClock().now, in given: TemporaryDirectory? = nil, minFreeBytes: Int? = 0,
        probe: @escaping RotationProbe = { _ in }
    ) throws {
        directory = try given ?? TemporaryDirectory()
        let keys = KeyDirectory(path: directory.path + "/keys")
        try keys.ensureDirectory()
        let key = StorageKey.random()
        try keys.create(key)
        keyring = try Keyring(directory: keys)
        try SQLiteStore.create(path: directory.path + "/store.sqlite", storageKey: key, actor: .system, at: time)
        engine = try SQLiteStore(
            path: directory.path + "/store.sqlite", lock: try ProcessLock(path: directory.path + "/lock"),
            keyring: keyring, minFreeBytes: minFreeBytes)
        store = Store(over: engine, probe: probe)
    }

    /// The database file.
    package var file: String { directory.path + "/store.sqlite" }
}
