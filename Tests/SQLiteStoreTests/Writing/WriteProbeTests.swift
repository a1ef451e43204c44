import Foundation
import GRDB
import Glibc
import Installations
import TestSupport
import Testing

@testable import SQLiteStore
@testable import Store

/// Readiness is about writing, and every trouble that ends lets writing go on.
@Suite(.timeLimit(.minutes(2))) struct WriteProbeTests {
    private let platform: TestPlatform

    init() throws { platform = try TestPlatform() }

    private func install(_ workspace: String, _ store: Store) async throws {
        let id = try platform.id(workspace)
        _ = try await store.perform(platform.call(id, try platform.install(id), at: TestClock().now))
    }

    /// Asks until the store says this: what it found out within the last second is not tried again.
    private func says(_ condition: StoreCondition?, _ store: Store) async -> Bool {
        while !Task.isCancelled {
            if await store.condition() == condition { return true }
            await Task.yield()
        }
        return false
    }

    /// Another program with the database open.
    private func stranger(_ test: TestStore) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        return try DatabaseQueue(path: test.file, configuration: configuration)
    }

    @Test func `a lock from outside is found without a request, and its end too`() async throws {
        let test = try TestStore()
        #expect(await test.store.condition() == nil)
        let other = try stranger(test)
        try await other.writeWithoutTransaction { db in try db.execute(sql: "BEGIN IMMEDIATE") }
        #expect(await says(.locked, test.store))
        let error = await #expect(throws: StoreError.self) { try await install("ws1", test.store) }
        guard case .unavailable(.locked, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(test.engine.takesWrites, "nothing lasting")
        #expect(await test.store.findings(at: TestClock().now).contains { $0.name == "writes" && $0.status == .fail })
        try await other.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
        #expect(await says(nil, test.store))
        try await install("ws1", test.store)
    }

    @Test func `a writer that waits for a lock is locked, before it gives up`() async throws {
        let test = try TestStore()
        let other = try stranger(test)
        try await other.writeWithoutTransaction { db in try db.execute(sql: "BEGIN IMMEDIATE") }
        // It waits with the writing connection, so that nothing can be tried beside it.
        async let install: Void = install("ws1", test.store)
        while test.engine.health.condition != .locked { await Task.yield() }
        try await other.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
        try await install
        #expect(await says(nil, test.store))
    }

    @Test func `a full disk is found by writing, and writing goes on when there is room`() async throws {
        guard let small = try TemporaryDirectory(mebibytes: 4) else { return }
        let test = try TestStore(in: small)
        try await install("ws1", test.store)
        // What the log has room for already is no question of the disk.
        try await test.engine.pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        try small.fill()
        #expect(await says(.full, test.store))
        let error = await #expect(throws: StoreError.self) { try await install("ws2", test.store) }
        guard case .unavailable(.full, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        try small.empty()
        try await install("ws2", test.store)
        #expect(await test.store.condition() == nil)
        #expect(try await test.store.installation(platform.id("ws2"))?.status == .active)
        try test.store.close()
    }

    @Test func `a full disk at the start is called full`() throws {
        guard let small = try TemporaryDirectory(mebibytes: 4) else { return }
        let test = try TestStore(in: small)
        try test.store.close()
        try FileManager.default.removeItem(atPath: test.file + "-shm")
        try FileManager.default.removeItem(atPath: test.file + "-wal")
        let lock = try ProcessLock(path: small.path + "/lock2")
        try small.fill()
        let error = #expect(throws: StoreOpenError.self) {
            _ = try SQLiteStore(path: test.file, lock: lock, keyring: test.keyring)
        }
        guard case .cannotOpen(_, .full, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `each change is told once`() async throws {
        let test = try TestStore()
        let other = try stranger(test)
        try await other.writeWithoutTransaction { db in try db.execute(sql: "BEGIN IMMEDIATE") }
        #expect(await says(.locked, test.store))
        for number in 0..<3 {
            await #expect(throws: StoreError.self) { try await install("ws\(number)", test.store) }
        }
        try await other.writeWithoutTransaction { db in try db.execute(sql: "ROLLBACK") }
        try await install("ws1", test.store)
        try await install("ws2", test.store)
        var notices = test.engine.notices.makeAsyncIterator()
        guard case .unavailable(.locked, _) = await notices.next() else {
            Issue.record("the lock is not told")
            return
        }
        #expect(await notices.next() == .recovered)
    }
}
