import GRDB
import Glibc
import Installations
import TestSupport
import Testing

@testable import SQLiteStore

@Suite struct LongWorkTests {
    private let store: SQLiteStore

    init() throws { store = try TestStore().store }

    @Test func `it reads on threads that leave the processor to others`() async throws {
        let quiet = try await store.readQuietly { _ in niceness() }
        #expect(quiet >= 10, "what Dispatch makes of background work on Linux")
    }

    @Test func `it writes on threads that are as important as others, for they have the writer`() async throws {
        let ordinary = try await Task(priority: .medium) { try await store.write { _ in niceness() } }.value
        let long = try await store.writeGivingWay { _, _ in niceness() }
        #expect(long <= max(0, ordinary))
    }

    @Test func `it brings its log into the file more often than others do theirs`() async throws {
        let long = try await store.writeGivingWay { db, _ in try logPages(db) }
        #expect(long == 256)
        #expect(try await store.write { db in try logPages(db) } == 2048)
        _ = try? await store.writeGivingWay { _, _ in throw StoreError.noPrimaryKey }
        #expect(try await store.write { db in try logPages(db) } == 2048)
    }

    @Test func `what it throws keeps its meaning`() async throws {
        for act in [
            { _ = try await store.readQuietly { _ in throw StoreError.noPrimaryKey } },
            { _ = try await store.writeGivingWay { _, _ in throw StoreError.noPrimaryKey } },
        ] as [() async throws -> Void] {
            await #expect { try await act() } throws: {
                guard case StoreError.noPrimaryKey = $0 else { return false }
                return true
            }
        }
    }
}

private func logPages(_ db: Database) throws -> Int? { try Int.fetchOne(db, sql: "PRAGMA wal_autocheckpoint") }

/// Of the calling thread.
private func niceness() -> Int32 { getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }
