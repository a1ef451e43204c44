import FoundationEssentials
import Glibc
import Installations
import Marketplace
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
        _ directory: DataDirectory, keysDirectory: String? = nil, manifests paths: [String] = [],
        now: Timestamp = .now()
    ) async throws -> Initialised {
        var manifests: [Manifest] = []
        for path in paths { manifests.append(try Manifests.read(path)) }
        do {
            _ = try RouteTable(manifests)
        } catch {
            throw StartupError.routes(error)
        }
        guard isFree(directory.path) else { throw StartupError.exists(directory.path) }

        let draft = DataDirectory(path: directory.path + ".new-\(getpid())")
        try Files.createDirectory(draft.path)
        do {
            let made = try await fill(draft, keysDirectory, manifests, now)
            guard rename(draft.path, directory.path) == 0 else { throw StartupError.exists(directory.path) }
            try Files.sync(directory: Paths.parent(of: directory.path))
            return Initialised(
                dataDirectory: directory.path, storageKey: made.storageKey, apiKey: made.apiKey, secret: made.secret)
        } catch {
            do {
                try FileManager.default.removeItem(atPath: draft.path)
            } catch {
                throw StartupError.file(draft.path, problem: "is left over from a failed init; remove it")
            }
            throw StartupError(error)
        }
    }

    private static func fill(
        _ draft: DataDirectory, _ keysDirectory: String?, _ manifests: [Manifest], _ now: Timestamp
    ) async throws -> Initialised {
        try Files.createDirectory(draft.addonsDirectory)
        for (index, manifest) in manifests.enumerated() {
            let name = Manifests.fileName(for: manifest.key, index: index)
            try Files.create(draft.addonsDirectory + "/" + name, manifest.bytes)
        }
        try Files.create(draft.configurationFile, try configuration(keysDirectory: keysDirectory))

        let keys = KeyDirectory(path: keysDirectory ?? draft.keysDirectory)
        let storageKey = StorageKey.random()
        let keyring: Keyring
        do {
            try keys.ensureDirectory()
            try keys.create(storageKey)
            keyring = try Keyring(directory: keys)
        } catch {
            throw StartupError.keyFile(error)
        }

        let actor = Actor.local(userID: geteuid())
        let lock = try ProcessLock(path: draft.lockFile)
        try SQLiteStore.create(path: draft.databaseFile, storageKey: storageKey, actor: actor, at: now)
        let store = Store(over: try SQLiteStore(path: draft.databaseFile, lock: lock, keyring: keyring))
        let (apiKey, secret) = try await store.createAPIKey(name: "first", scopes: [.admin], actor: actor, at: now)
        try store.close()
        for path in [draft.addonsDirectory, draft.path] { try Files.sync(directory: path) }
        return Initialised(dataDirectory: draft.path, storageKey: storageKey.id, apiKey: apiKey, secret: secret)
    }

    /// What later commands must know as well: a key directory elsewhere is of no use to them if only `init` knew it.
    private static func configuration(keysDirectory: String?) throws -> [UInt8] {
        var settings: [String: [String: String]] = [
            "ingress": ["bind": "127.0.0.1:8080"], "operator": ["bind": "127.0.0.1:8081"],
        ]
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
