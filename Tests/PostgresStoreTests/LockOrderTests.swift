import Dispatch
import Installations
import PostgresSupport
import Synchronization
import Testing

@testable import PostgresStore
@testable import Store

/// Locks are taken in one order by all, or two who take them the other way round wait for each other.
@Suite(.enabled(if: TestDatabase.isAvailable), .timeLimit(.minutes(2))) struct LockOrderTests {
    /// The first numbers of locks, as in `Locks`.
    private static let (storageKeys, auditLog) = (2, 3)

    @Test func `two calls of one place lock all they need before the first is written`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        var other = try test.database.address.connect()
        _ = try other.rows(Query("SELECT pg_advisory_lock(\(Self.storageKeys), 0)"))
        // Both come while the thread that writes is busy, so they go into one transaction.
        let busy = DispatchSemaphore(value: 0)
        test.engine.schedule { _ in busy.wait() }
        async let first: Void = test.perform(test.id("ws1"), .statusChanged("INACTIVE"))
        async let second: Void = test.perform(test.id("ws1"), .deleted)
        while test.store.lifecycleCalls.withLock({ $0.depth }) < 2 { await Task.yield() }
        busy.signal()
        while try !test.database.isAnybodyWaiting() { await Task.yield() }
        // Whoever has the keys' lock and needs the log's gets it.
        #expect(try other.rows(Query("SELECT pg_try_advisory_lock(\(Self.auditLog), 0)")).first?.bool(0) == true)
        _ = try other.rows(Query("SELECT pg_advisory_unlock_all()"))
        _ = try await (first, second)
    }
}
