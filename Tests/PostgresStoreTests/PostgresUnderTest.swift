import Dispatch
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
    /// - Parameter address: Where it is reached, if not where it is.
    init(connections: Int = 3, through address: (TestDatabase) throws -> StoreAddress = { try $0.address }) throws {
        database = try TestDatabase()
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
    func event(for workspace: String) async throws -> InboxEvent {
        let id = try id(workspace)
        let credentials = try #require(try await store.credentials(of: id))
        let key = try store.vault.openKey(credentials.wrappedKey, of: id, number: credentials.number)
        let event = store.eventIDs.next(at: clock.now)
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
