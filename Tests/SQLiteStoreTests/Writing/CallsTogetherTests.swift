import Dispatch
import GRDB
import Installations
import Marketplace
import Sealing
import Synchronization
import TestSupport
import Testing
import Webhooks

@testable import SQLiteStore
@testable import Store

@Suite(.timeLimit(.minutes(1))) struct CallsTogetherTests {
    private let test: TestStore
    private let platform: TestPlatform
    private let clock = TestClock()
    private let commits: Commits

    init() throws {
        test = try TestStore()
        platform = try TestPlatform()
        commits = Commits(of: test.engine)
    }

    private typealias Outcome = Result<LifecycleDecision, StoreError>

    private func perform(_ id: InstallationID, _ change: LifecycleChange) async throws {
        _ = try await test.store.perform(platform.call(id, change, at: clock.now))
    }

    /// Makes calls one behind the other, all of which wait while something else keeps the writing connection.
    private func performTogether(_ calls: [(InstallationID, LifecycleChange)]) async -> [Outcome] {
        let writer = BusyWriter(test.engine)
        var tasks: [Task<LifecycleDecision, any Error>] = []
        for (id, change) in calls {
            let call = platform.call(id, change, at: clock.now)
            tasks.append(Task { [store = test.store] in try await store.perform(call) })
            while test.store.lifecycleCalls.withLock({ $0.depth }) < tasks.count { await Task.yield() }
        }
        writer.release()
        return await outcomes(tasks)
    }

    private func outcomes(_ tasks: [Task<LifecycleDecision, any Error>]) async -> [Outcome] {
        var outcomes: [Outcome] = []
        for task in tasks { outcomes.append(await task.result.mapError { ($0 as? StoreError) ?? .conflict("\($0)") }) }
        return outcomes
    }

    private func installs(_ count: Int) throws -> [(InstallationID, LifecycleChange)] {
        try (0..<count).map { number in
            let id = try platform.id("ws\(number)")
            return (id, try platform.install(id))
        }
    }

    private func audit() async throws -> [String] {
        guard case .intact = try await test.store.verifyAudit(against: nil) else { return ["broken"] }
        let page = PageRequest(limit: 200)
        return try await test.store.auditRecords(since: nil, of: nil, page: page).items.reversed().dropFirst().map {
            "\($0.entry.installation?.workspaceID.text ?? "") \($0.entry.outcome)"
        }
    }

    private func count(_ sql: String) async throws -> Int {
        try await test.engine.pool.read { db in try Int.fetchOne(db, sql: sql) ?? -1 }
    }

    /// Damages the key of an installation so that it does not open.
    private func damage(_ id: InstallationID) async throws {
        try await test.engine.pool.write { db in
            try db.execute(
                sql: "UPDATE installation SET wrapped_key = zeroblob(length(wrapped_key)) WHERE workspace_id = ?",
                arguments: [id.workspaceID.text])
        }
        commits.reset()
    }

    @Test func `when the disk fails at the commit, none is told of success and nothing is tried again`() async throws {
        commits.fail(.SQLITE_IOERR, times: 1)
        let outcomes = await performTogether(try installs(3))
        #expect(outcomes.map(\.code) == Array(repeating: "SQLite 10", count: 3))
        #expect(try await count("SELECT count(*) FROM installation") == 0)
        #expect(test.store.waitingEvents == 0)
        // Nor does the store take later ones.
        #expect(!test.engine.takesWrites)
        let id = try platform.id()
        await #expect(throws: StoreError.self) { try await perform(id, platform.install(id)) }
        #expect(commits.count == 0)
    }

    @Test func `when the disk is full, all fail and later calls are taken`() async throws {
        commits.fail(.SQLITE_FULL, times: 1)
        let outcomes = await performTogether(try installs(3))
        #expect(outcomes.map(\.code) == Array(repeating: "SQLite 13", count: 3))
        #expect(try await count("SELECT count(*) FROM installation") == 0)
        #expect(test.store.waitingEvents == 0)
        let id = try platform.id()
        try await perform(id, platform.install(id))
        #expect(try await audit() == ["ws1 installed"])
    }

    /// A call with the ticket of its request.
    private func queue(_ call: LifecycleCall, _ ticket: WriteTicket) async -> Task<LifecycleDecision, any Error> {
        let depth = test.store.lifecycleCalls.withLock({ $0.depth })
        let task = Task { [store = test.store] in
            try await WriteTicket.$current.withValue(ticket) { try await store.perform(call) }
        }
        while test.store.lifecycleCalls.withLock({ $0.depth }) == depth { await Task.yield() }
        return task
    }

    @Test func `calls of a transaction that is undone and tried again one by one keep their claims`() async throws {
        let damaged = try platform.id("damaged")
        try await perform(damaged, platform.install(damaged))
        try await damage(damaged)
        let writer = BusyWriter(test.engine)
        let tickets = [WriteTicket(), WriteTicket()]
        let good = try installs(1)[0]
        let tasks = [
            await queue(platform.call(good.0, good.1, at: clock.now), tickets[0]),
            await queue(platform.call(damaged, .statusChanged("INACTIVE"), at: clock.now), tickets[1]),
        ]
        // The deadline passes between the two tries.
        commits.onRollback { for ticket in tickets { #expect(!ticket.withdraw()) } }
        writer.release()
        let outcomes = await outcomes(tasks)
        #expect(try outcomes[0].get() == .create)
        #expect(try await audit() == ["damaged installed", "ws0 installed"])
    }

    @Test func `an operator's write is given up in time, and what must follow its commit still does`() async throws {
        let id = try platform.id("ws0")
        try await perform(id, platform.install(id))
        func forget(patience: Duration) async -> StoreError? {
            let times = WriteTicket.Times(patience: patience, outcome: .milliseconds(1))
            return await WriteTicket.$current.withValue(WriteTicket(times: times)) {
                do throws(StoreError) {
                    _ = try await test.store.perform(platform.call(id, .deleted, at: clock.now, actor: .system))
                    return nil
                } catch {
                    return error
                }
            }
        }
        let writer = BusyWriter(test.engine)
        guard case .withdrawn? = await forget(patience: .milliseconds(1)) else {
            Issue.record("what waits is withdrawn")
            return
        }
        writer.release()
        try await test.engine.pool.write { _ in }
        #expect(try await test.store.installation(id)?.status == .active)

        // One that has begun, and whose commit does not end.
        let gate = DispatchSemaphore(value: 0)
        commits.beforeCommit { gate.wait() }
        let outcome = await forget(patience: .seconds(8))
        gate.signal()
        guard case .outcomeUnknown? = outcome else {
            Issue.record("what has begun is not withdrawn")
            return
        }
        try await test.engine.pool.write { _ in }
        #expect(try await test.store.installation(id)?.status == .deleted)
    }

    @Test func `a commit whose fsync fails has an outcome that nobody knows`() async throws {
        commits.fail(.SQLITE_IOERR_FSYNC, times: 1)
        let outcomes = await performTogether(try installs(2))
        for outcome in outcomes {
            guard case .failure(.outcomeUnknown) = outcome else {
                Issue.record("\(outcome)")
                continue
            }
        }
        #expect(!test.engine.takesWrites)
    }
}

extension Result<LifecycleDecision, StoreError> {
    /// Of a call that found the store unavailable.
    fileprivate var code: String? {
        guard case .failure(.unavailable(_, let code)) = self else { return nil }
        return code
    }
}

/// Keeps the writing connection until it is released.
private struct BusyWriter {
    private let gate = DispatchSemaphore(value: 0)

    init(_ store: SQLiteStore) {
        store.pool.asyncWriteWithoutTransaction { [gate] _ in gate.wait() }
    }

    func release() { gate.signal() }
}

/// Counts commits, and lets some of them fail.
private final class Commits: TransactionObserver, Sendable {
    private struct State {
        var count = 0
        var failure: ResultCode?
        var failures = 0
        var beforeCommit: (@Sendable () -> Void)?
        var onRollback: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    init(of store: SQLiteStore) {
        store.pool.add(transactionObserver: self)
    }

    var count: Int { state.withLock { $0.count } }

    func reset() { state.withLock { $0 = State() } }

    func fail(_ code: ResultCode, times: Int) {
        state.withLock {
            $0.failure = code
            $0.failures = times
        }
    }

    /// Runs once, while the next transaction holds the writer and is not committed.
    func beforeCommit(_ work: @escaping @Sendable () -> Void) { state.withLock { $0.beforeCommit = work } }

    /// Runs once, when the next transaction is undone.
    func onRollback(_ work: @escaping @Sendable () -> Void) { state.withLock { $0.onRollback = work } }

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }

    func databaseDidChange(with event: DatabaseEvent) {}

    func databaseWillCommit() throws {
        let work = state.withLock { state in
            defer { state.beforeCommit = nil }
            return state.beforeCommit
        }
        work?()
        try state.withLock { state in
            guard state.failures > 0, let failure = state.failure else { return }
            state.failures -= 1
            throw DatabaseError(resultCode: failure)
        }
    }

    func databaseDidCommit(_ db: Database) { state.withLock { $0.count += 1 } }

    func databaseDidRollback(_ db: Database) {
        let work = state.withLock { state in
            defer { state.onRollback = nil }
            return state.onRollback
        }
        work?()
    }
}
