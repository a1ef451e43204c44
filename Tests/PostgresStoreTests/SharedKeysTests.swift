import Installations
import PostgresSupport
import Sealing
import Store
import Synchronization
import TestSupport
import Testing
import Webhooks

@testable import PostgresStore

/// Storage keys of a deployment that several processes have open.
@Suite(.enabled(if: TestDatabase.isAvailable)) struct SharedKeysTests {
    private let stream: InstallationNumber = 1

    private var holder: KeyWorkHolder {
        KeyWorkHolder(command: "keys rotate", actor: .local(userID: 7), processID: 12, since: .now())
    }

    @Test func `long work on keys is done by one at a time, and who does it is named`() async throws {
        let test = try PostgresUnderTest()
        let (one, other) = (try test.beside(), try test.beside())
        #expect(try await one.store.beginKeyWork(holder) == nil)
        let found = try #require(try await other.store.beginKeyWork(holder))
        #expect(found.command == "keys rotate" && found.actor == .local(userID: 7) && found.processID == 12)
        await one.store.endKeyWork()
        #expect(try await other.store.beginKeyWork(holder) == nil)
        await other.store.endKeyWork()
    }

    @Test func `a session that ends takes the place from who worked, until they look or another begins`() async throws {
        let test = try PostgresUnderTest()
        let (one, other) = (try test.beside(), try test.beside())
        #expect(try await one.store.beginKeyWork(holder) == nil)
        #expect(try await one.store.keepKeyWork(holder) == nil)
        try test.database.cutConnections()
        #expect(try await one.store.keepKeyWork(holder) == nil)
        #expect(try await other.store.beginKeyWork(holder) != nil)
        try test.database.cutConnections()
        #expect(try await other.store.beginKeyWork(holder) == nil)
        #expect(try await one.store.keepKeyWork(holder) != nil)
        await other.store.endKeyWork()
    }

    @Test func `a rotation that lost its place to another changes nothing more`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        let (one, other) = (try test.beside(), try test.beside())
        let thief = Thief(database: test.database)
        let manager = StorageKeyManager(
            store: one.store, keyring: one.keyring, now: { .now() }, probe: { if $0 == .promoted { thief.take() } })
        await #expect {
            _ = try await manager.rotate(
                reencrypt: false, by: KeyWorker(actor: .system, processID: nil, rate: 0), report: { _ in })
        } throws: {
            guard case StorageKeyError.busy = $0 else { return false }
            return true
        }
        // Everything is under the old key, which nobody retired.
        let keys = try await other.store.storageKeys()
        #expect(keys.map(\.state).sorted { "\($0)" < "\($1)" } == [.primary, .retiring])
        #expect(keys.first { $0.state == .retiring }?.installations == 1)
    }

    @Test func `a key is promoted when all have loaded it, and who has not is named`() async throws {
        let test = try PostgresUnderTest()
        let (one, other) = try await test.two()
        let key = StorageKey.random()
        try one.keyring.add(key)
        try await one.store.addStorageKey(key, actor: .system, at: .now())
        try await one.serve(as: "one")
        func promote() async throws -> Result<StorageKeyRecord, StorageKeyRefusal> {
            try await one.store.advance(key.id, by: .promote, immediately: false, actor: .system, at: .now())
        }
        guard case .failure(.notLoaded(key.id, by: ["other"])) = try await promote() else {
            Issue.record("the other has not loaded it")
            return
        }
        try await other.serve(as: "other")
        guard case .success = try await promote() else {
            Issue.record("all have loaded it")
            return
        }
    }

    @Test func `a key that was destroyed is unloaded and deleted by all`() async throws {
        let test = try PostgresUnderTest()
        let (one, other) = (try test.beside(), try test.beside())
        let key = StorageKey.random()
        try one.keyring.add(key)
        try await one.store.addStorageKey(key, actor: .system, at: .now())
        #expect(try await other.store.adoptStorageKeys().loaded.contains(key.id))
        for step in [StorageKeyStep.retire, .destroy] {
            let taken = try await one.store.advance(key.id, by: step, immediately: true, actor: .system, at: .now())
            guard case .success = taken else {
                Issue.record("\(step) is allowed")
                return
            }
        }
        let adopted = try await other.store.adoptStorageKeys()
        #expect(!adopted.loaded.contains(key.id) && !adopted.files.contains(key.id))
        #expect(!other.keyring.hasFile(of: key.id))
    }

    @Test func `an INSTALLED that meets a key which another process has just promoted is not lost`() async throws {
        let test = try PostgresUnderTest()
        let (one, other) = (try test.beside(), try test.beside())
        let key = StorageKey.random()
        try one.keyring.add(key)
        try await one.store.addStorageKey(key, actor: .system, at: .now())
        let promoted = try await one.store.advance(
            key.id, by: .promote, immediately: false, actor: .system, at: .now())
        guard case .success = promoted else {
            Issue.record("nobody serves who has not loaded it")
            return
        }
        let id = try test.id("ws1")
        let call = test.platform.call(
            id, try test.platform.install(id, tokens: "first"), at: test.clock.now, actor: .platform, token: nil)
        #expect(try await other.store.perform(call) == .create)
    }

    @Test func `who lacks a key that is in use takes no streams`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        let (one, other) = (try test.beside(), try test.beside())
        let key = StorageKey.random()
        try one.keyring.add(key)
        try await one.store.addStorageKey(key, actor: .system, at: .now())
        guard
            case .success = try await one.store.advance(
                key.id, by: .promote, immediately: false, actor: .system, at: .now())
        else { return }
        try test.removeFile(of: key.id)
        #expect(try await other.store.adoptStorageKeys().needed == [key.id])
        await #expect(throws: StoreError.self) { _ = try await other.take(stream) }
        #expect(try await one.take(stream) != nil)
    }

    @Test func `another key under the right name is not taken for it`() async throws {
        let test = try PostgresUnderTest()
        let (one, other) = (try test.beside(), try test.beside())
        let key = StorageKey.random()
        try one.keyring.add(key)
        try await one.store.addStorageKey(key, actor: .system, at: .now())
        try test.forgeFile(of: key.id)
        let adopted = try await other.store.adoptStorageKeys()
        #expect(adopted.missing == [key.id] && !adopted.loaded.contains(key.id))
        let manager = StorageKeyManager(store: one.store, keyring: one.keyring, now: { .now() })
        await #expect(throws: StorageKeyError.self) {
            _ = try await manager.advance(key.id, by: .promote, actor: .system)
        }
        #expect(try await one.store.storageKey(key.id)?.state == .prepared)
    }
}

/// Another who begins long work on keys at the moment when the session of the first is ended.
private final class Thief: Sendable {
    private let database: TestDatabase
    private let link = Mutex<Link?>(nil)

    init(database: TestDatabase) { self.database = database }

    func take() {
        do {
            try database.cutConnections()
            try link.withLock { link in
                link = try database.address.connect()
                _ = try link?.rows(Query("SELECT pg_advisory_lock(7, 0)"))
            }
        } catch {
            Issue.record(error)
        }
    }
}
