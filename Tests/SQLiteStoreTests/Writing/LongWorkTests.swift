import GRDB
import Glibc
import Installations
import Synchronization
import TestSupport
import Testing

@testable import SQLiteStore
@testable import Store

@Suite struct LongWorkTests {
    /// Holds the files that the store compares with what it opened.
    private let test: TestStore
    private let engine: SQLiteStore

    init() throws {
        test = try TestStore()
        engine = test.engine
    }

    @Test func `it reads on threads that leave the processor to others`() async throws {
        let quiet = try await engine.readRowsQuietly { _, _ in niceness() }
        #expect(quiet >= 10, "what Dispatch makes of background work on Linux")
    }

    @Test func `it writes on threads that are as important as others, for they have the writer`() async throws {
        let ordinary = try await Task(priority: .medium) { try await engine.write { _ in niceness() } }.value
        let long = try await engine.writeGivingWay { _, _ in niceness() }
        #expect(long <= max(0, ordinary))
    }

    @Test func `while webhooks come it brings its log into the file more often than they do`() async throws {
        // An operator's steps are no webhooks.
        try await engine.write { _ in }
        #expect(try await engine.writeGivingWay { db, _ in try logPages(db) } == 2048)
        try engine.writeBlocking { _ in }
        #expect(try await engine.writeGivingWay { db, _ in try logPages(db) } == 64)
        #expect(try await engine.write { db in try logPages(db) } == 2048)
        _ = try? await engine.writeGivingWay { _, _ in throw StoreError.noPrimaryKey }
        #expect(try await engine.write { db in try logPages(db) } == 2048)
    }

    @Test func `while webhooks come it takes one to be waiting`() async throws {
        #expect(try await engine.writeGivingWay { _, isAwaited in isAwaited() } == false)
        try engine.writeBlocking { _ in }
        #expect(try await engine.writeGivingWay { _, isAwaited in isAwaited() })
    }

    @Test func `while webhooks come one batch is at work at a time, without them several are`() async throws {
        #expect(try await mostAtWork() == 2)
        try engine.writeBlocking { _ in }
        #expect(try await mostAtWork() == 1)
    }

    /// How many of two batches were at work at the same time; each waits a while for the other.
    private func mostAtWork() async throws -> Int {
        let gauge = Gauge()
        let batch: @Sendable () async throws(StoreError) -> Void = {
            gauge.begin()
            for _ in 0..<1000 where gauge.most < 2 { await Task.yield() }
            gauge.end()
        }
        async let first: Void = engine.takingTurns(batch)
        async let second: Void = engine.takingTurns(batch)
        _ = try await (first, second)
        return gauge.most
    }

    @Test func `what it throws keeps its meaning`() async throws {
        for act in [
            { _ = try await engine.readRowsQuietly { _, _ in throw StoreError.noPrimaryKey } },
            { _ = try await engine.writeGivingWay { _, _ in throw StoreError.noPrimaryKey } },
        ] as [() async throws -> Void] {
            await #expect { try await act() } throws: {
                guard case StoreError.noPrimaryKey = $0 else { return false }
                return true
            }
        }
    }
}

/// Counts who is at work.
private final class Gauge: Sendable {
    private let state = Mutex((working: 0, most: 0))

    var most: Int { state.withLock { $0.most } }
    func begin() { state.withLock { $0 = ($0.working + 1, max($0.most, $0.working + 1)) } }
    func end() { state.withLock { $0.working -= 1 } }
}

private func logPages(_ db: Database) throws -> Int? { try Int.fetchOne(db, sql: "PRAGMA wal_autocheckpoint") }

/// Of the calling thread.
private func niceness() -> Int32 { getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }
