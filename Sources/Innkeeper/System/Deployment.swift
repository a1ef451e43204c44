import FoundationEssentials
import Glibc
import Installations
import Marketplace
import PostgresStore
import SQLiteStore
import Sealing
import Store

/// Making a new deployment: data directory, first storage key, store, first API key.
enum Deployment {
    /// What was made.
    struct Initialised: Sendable {
        let dataDirectory: String
        let storageKey: StorageKeyID
        let apiKey: APIKey
        /// Shown once, kept nowhere.
        let secret: SecretBytes
    }

    /// Makes a deployment at `directory`, which must not exist or be empty.
    ///
    /// Everything is built beside the final place and moved there in one step, so a crash leaves either nothing or a
    /// whole deployment, never a store without its key.
    static func initialise(
        _ directory: DataDirectory, store: StoreChoice = .sqlite, keysDirectory: String? = nil,
        manifests paths: [String] = [], now: Timestamp = .now()
    ) async throws -> Initialised {
        var manifests: [Manifest] = []
        for path in paths { manifests.append(try Manifests.read(path)) }
        do {
            _ = try RouteTable(manifests)
        } catch {
            throw StartupError.routes(error)
        }
        guard isFree(directory.path) else { throw StartupError.exists(directory.path) }
        do {
            if case .postgres(let address, _) = store { try PostgresStore.checkIsFree(address) }
        } catch {
            throw StartupError(error)
        }

        let draft = DataDirectory(path: directory.path + ".new-\(getpid())")
        try Files.createDirectory(draft.path)
        do {
            let key = try fill(draft, store, keysDirectory, manifests)
            // A file moves with its key. What lies in a database needs its key from its commit on, so that is in its place before.
            if case .postgres = store { try put(draft, at: directory) }
            let place = if case .postgres = store { directory } else { draft }
            let made = try await makeStore(store, in: place, keysDirectory, key, now)
            if case .sqlite = store { try put(draft, at: directory) }
            return Initialised(
                dataDirectory: directory.path, storageKey: made.storageKey, apiKey: made.apiKey, secret: made.secret)
        } catch {
            try clear(draft, directory, after: store)
            throw StartupError(error)
        }
    }

    private static func put(_ draft: DataDirectory, at directory: DataDirectory) throws {
        for path in [draft.addonsDirectory, draft.path] { try Files.sync(directory: path) }
        guard rename(draft.path, directory.path) == 0 else { throw StartupError.exists(directory.path) }
        try Files.sync(directory: Paths.parent(of: directory.path))
    }

    /// Removes what a failed init left, unless a deployment in a database may need it.
    private static func clear(_ draft: DataDirectory, _ directory: DataDirectory, after store: StoreChoice) throws {
        var path = draft.path
        if case .postgres(let address, _) = store, access(draft.path, F_OK) != 0 {
            path = directory.path
            do {
                try PostgresStore.checkIsFree(address)
            } catch {
                throw StartupError.file(
                    path, problem: "has the only key of what may be in the database by now; see with: innkeeper doctor")
            }
        }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw StartupError.file(path, problem: "is left over from a failed init; remove it")
        }
    }

    private static func fill(
        _ draft: DataDirectory, _ store: StoreChoice, _ keysDirectory: String?, _ manifests: [Manifest]
    ) throws -> StorageKey {
        try Files.createDirectory(draft.addonsDirectory)
        for (index, manifest) in manifests.enumerated() {
            let name = Manifests.fileName(for: manifest.key, index: index)
            try Files.create(draft.addonsDirectory + "/" + name, manifest.bytes)
        }
        try Files.create(draft.configurationFile, try configuration(store, keysDirectory: keysDirectory))
        let (keys, key) = (KeyDirectory(path: keysDirectory ?? draft.keysDirectory), StorageKey.random())
        do {
            try keys.ensureDirectory()
            try keys.create(key)
        } catch {
            throw StartupError.keyFile(error)
        }
        return key
    }

    private static func makeStore(
        _ choice: StoreChoice, in directory: DataDirectory, _ keysDirectory: String?, _ key: StorageKey,
        _ now: Timestamp
    ) async throws -> Initialised {
        let keyring: Keyring
        do {
            keyring = try Keyring(directory: KeyDirectory(path: keysDirectory ?? directory.keysDirectory))
        } catch {
            throw StartupError.keyFile(error)
        }
        let actor = Actor.local(userID: geteuid())
        let lock = try ProcessLock(path: directory.lockFile)
        let engine: any StoreEngine
        switch choice {
        case .sqlite:
            try SQLiteStore.create(path: directory.databaseFile, storageKey: key, actor: actor, at: now)
            engine = try SQLiteStore(path: directory.databaseFile, lock: lock, keyring: keyring)
        case .postgres(let address, _):
            try PostgresStore.create(at: address, storageKey: key, actor: actor, at: now)
            engine = try PostgresStore(at: address, connections: 1, keyring: keyring)
        }
        let store = Store(over: engine)
        let (apiKey, secret) = try await store.createAPIKey(name: "first", scopes: [.admin], actor: actor, at: now)
        try store.close()
        return Initialised(dataDirectory: directory.path, storageKey: key.id, apiKey: apiKey, secret: secret)
    }

    /// What later commands must know as well: a database or a key directory elsewhere is of no use to them if only `init` knew it.
    private static func configuration(_ store: StoreChoice, keysDirectory: String?) throws -> [UInt8] {
        var settings: [String: [String: String]] = [
            "ingress": ["bind": "127.0.0.1:8080"], "operator": ["bind": "127.0.0.1:8081"],
        ]
        // With a password it stays where it came from.
        if case .postgres(let address, let url) = store, !address.hasPassword { settings["store"] = ["url": url] }
        if let keysDirectory { settings["keys"] = ["dir": keysDirectory] }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(settings)) + [UInt8(ascii: "\n")]
    }

    /// Whether a new deployment may take this path: nothing there, or an empty directory.
    private static func isFree(_ path: String) -> Bool {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path).isEmpty
        } catch {
            // Only what is not there at all is free; a file, or a directory that is not ours to read, is taken.
            return access(path, F_OK) != 0 && errno == ENOENT
        }
    }
}
