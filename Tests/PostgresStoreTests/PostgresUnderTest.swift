import Dispatch
import Foundation
import Installations
import Marketplace
import PostgresSupport
import Sealing
import Store
import TestSupport
import Testing
import Webhooks

@testable import PostgresStore

/// A deployment in a database of its own.
struct PostgresUnderTest: Sendable {
    let database: TestDatabase
    let engine: PostgresStore
    let store: Store
    let platform: TestPlatform
    let clock = TestClock()
    private let directory: TemporaryDirectory

    /// A new deployment.
    ///
    /// - Parameters:
    ///   - isNew: Whether in a database that no test has had before.
    ///   - address: Where it is reached, if not where it is.
    init(
        connections: Int = 3, isNew: Bool = false,
        through address: (TestDatabase) throws -> StoreAddress = { try $0.address }
    ) throws {
        database = try TestDatabase(isNew: isNew)
        directory = try TemporaryDirectory()
        platform = try TestPlatform()
        let keys = KeyDirectory(path: directory.path + "/keys")
        try keys.ensureDirectory()
        let key = StorageKey.random()
        try keys.create(key)
        try PostgresStore.create(at: database.address, storageKey: key, actor: .system, at: clock.now)
        engine = try PostgresStore(
            at: address(database), connections: connections, keyring: Keyring(directory: keys))
        store = Store(over: engine)
    }

    /// Another process over the same database.
    ///
    /// - Parameter clock: Its own clock.
    func beside(clock: @escaping Now = { .now() }) throws -> Process {
        let keyring = try keyring()
        let engine = try PostgresStore(at: database.address, connections: 3, keyring: keyring, now: clock)
        return Process(engine: engine, store: Store(over: engine), keyring: keyring)
    }

    /// One of the processes that share a database.
    struct Process: Sendable {
        let engine: PostgresStore
        let store: Store
        let keyring: Keyring

        /// Serves from now on.
        func serve(as name: String, configuration: [String: String] = [:]) async throws {
            let keys = try await store.adoptStorageKeys()
            try await store.beat(
                InstanceProfile(
                    name: name, version: "1", configuration: configuration, startedAt: .now(),
                    loadedKeys: keys.loaded, keyFiles: keys.files))
        }

        /// The head of a stream, taken to be pushed; nil when there is none for this process.
        func take(_ stream: InstallationNumber) async throws -> WaitingEvent? {
            let heads = try await store.takeHeads(of: [stream], bytes: 1 << 20)
            guard case .event(let event)? = heads.first else { return nil }
            return event
        }

        /// Settles a pushed event.
        func settle(_ event: WaitingEvent, _ change: Settlement.Change = .delivered) async throws -> SettlementResult? {
            try await store.settle([Settlement(event: event.id, change: change, at: .now())]).first
        }
    }

    /// Two processes that serve, `one` first.
    func two() async throws -> (one: Process, other: Process) {
        let (one, other) = (try beside(), try beside())
        try await one.serve(as: "one")
        try await other.serve(as: "other")
        return (one, other)
    }

    /// As if nothing had been heard of a process for so long.
    func silence(_ process: Process, for milliseconds: Int64) throws {
        try database.execute(
            """
            UPDATE innkeeper.instance SET seen_at = \(ServerClock.shown) - \(milliseconds)
            WHERE epoch = \(process.engine.epoch.value)
            """)
    }

    /// Puts another key into the file of one.
    func forgeFile(of key: StorageKeyID) throws {
        let file = "\(directory.path)/keys/\(key).key"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let other = text.replacing(#/[0-9a-f]{64}/#, with: String(repeating: "a", count: 64))
        try Data(other.utf8).write(to: URL(filePath: file))
    }

    /// Removes the file of a storage key, as of a process with a directory of its own.
    func removeFile(of key: StorageKeyID) throws { try KeyDirectory(path: directory.path + "/keys").remove(key) }

    /// The keys that lie in its directory.
    func keyring() throws -> Keyring { try Keyring(directory: KeyDirectory(path: directory.path + "/keys")) }

    func id(_ workspace: String) throws -> InstallationID { try platform.id(workspace, "inst-" + workspace) }

    func perform(_ id: InstallationID, _ change: LifecycleChange) async throws {
        _ = try await store.perform(platform.call(id, change, at: clock.now, actor: .platform, token: nil))
    }

    func install(_ workspace: String) async throws {
        try await perform(try id(workspace), try platform.install(id(workspace), tokens: "first"))
    }

    /// A webhook of an installation that nobody has appended yet.
    ///
    /// - Parameter number: Its id, if it is not the next one.
    func event(for workspace: String, as number: EventID? = nil) async throws -> InboxEvent {
        let id = try id(workspace)
        let credentials = try #require(try await store.credentials(of: id))
        let key = try store.vault.openKey(credentials.wrappedKey, of: id, number: credentials.number)
        let event = number ?? store.eventIDs.next(at: clock.now)
        return InboxEvent(
            id: event, installation: credentials.number, tokenSet: credentials.tokenSet, installationKey: key.id,
            type: "NEW_TIME_ENTRY", receivedAt: clock.now,
            body: key.seal(Array("{}".utf8), in: id.context(.event(event, type: "NEW_TIME_ENTRY"))))
    }

    /// Appends on a thread of its own, as the inbox does.
    func append(_ events: [InboxEvent]) async throws -> [AppendOutcome] {
        try await withCheckedContinuation { [store] continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: Result { () throws(StoreError) in try store.append(events) })
            }
        }.get()
    }

    /// Round trips that were waited for meanwhile.
    func roundTrips(_ body: () async throws -> Void) async throws -> Int {
        func count() -> Int { engine.pool.connections.reduce(0) { $0 + $1.roundTrips } }
        let before = count()
        try await body()
        return count() - before
    }
}
