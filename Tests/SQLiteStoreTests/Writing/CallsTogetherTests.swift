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
        await performTogether(calls.map { platform.call($0, $1, at: clock.now) })
    }

    private func performTogether(_ calls: [LifecycleCall]) async -> [Outcome] {
        let writer = BusyWriter(test.engine)
        let tasks = await queue(calls)
        writer.release()
        return await outcomes(tasks)
    }

    private func queue(_ calls: [LifecycleCall]) async -> [Task<LifecycleDecision, any Error>] {
        var tasks: [Task<LifecycleDecision, any Error>] = []
        for call in calls {
            tasks.append(Task { [store = test.store] in try await store.perform(call) })
            while test.store.lifecycleCalls.withLock({ $0.depth }) < tasks.count { await Task.yield() }
        }
        return tasks
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

    @Test func `calls that wait go into one transaction, in their order`() async throws {
        let outcomes = await performTogether(try installs(5))
        #expect(outcomes.compactMap { try? $0.get() } == Array(repeating: .create, count: 5))
        #expect(commits.count == 1)
        #expect(try await audit() == (0..<5).map { "ws\($0) installed" })
        #expect(test.store.waitingEvents == 5)
    }

    @Test func `more than fit one transaction go into the next`() async throws {
        let outcomes = await performTogether(try installs(64 + 1))
        #expect(outcomes.compactMap { try? $0.get() }.count == 64 + 1)
        #expect(commits.count == 2)
        #expect(try await audit() == (0...64).map { "ws\($0) installed" })
    }

    @Test func `calls of one installation keep their order`() async throws {
        let id = try platform.id("ws0")
        let outcomes = await performTogether([
            (id, try platform.install(id)), (id, .statusChanged("INACTIVE")), (id, .statusChanged("ACTIVE")),
            (id, .deleted), (id, try platform.install(id)),
        ])
        #expect(
            outcomes.compactMap { try? $0.get() }
                == [.create, .setStatus(.inactive), .setStatus(.active), .end, .refuse])
        #expect(commits.count == 1)
        let events = try await test.store.events(matching: EventFilter(), page: PageRequest()).items.reversed()
        #expect(
            events.map(\.type)
                == ["addon.installed", "addon.status_changed", "addon.status_changed", "addon.deleted"])
    }

    @Test func `a call that meets a damaged row fails alone`() async throws {
        let damaged = try platform.id("damaged")
        try await perform(damaged, platform.install(damaged))
        try await damage(damaged)
        let good = try installs(2)
        let outcomes = await performTogether([good[0], (damaged, .statusChanged("INACTIVE")), good[1]])
        #expect(try outcomes[0].get() == .create)
        #expect(try outcomes[2].get() == .create)
        guard case .failure(.corruptRow(.installation)) = outcomes[1] else {
            Issue.record("a key that does not open is a damaged row")
            return
        }
        #expect(try await audit() == ["damaged installed", "ws0 installed", "ws1 installed"])
        #expect(try await test.store.installation(damaged)?.status == .active)
        // What was undone with the damaged one left nothing behind: no event, and no count of one.
        #expect(try await count("SELECT count(*) FROM event") == 3)
        #expect(test.store.waitingEvents == 3)
    }

    @Test func `a call with a token that was handed out is refused alone and undoes nobody`() async throws {
        let id = try platform.id("given")
        try await perform(id, platform.install(id))
        commits.reset()
        let others = try installs(2).map { platform.call($0, $1, at: clock.now) }
        let token = PresentedToken(
            try platform.webhookToken(id, "/webhooks/time"), issuedAt: nil, by: test.store.handedOut)
        let refused = platform.call(id, .deleted, at: clock.now, token: token)
        let outcomes = await performTogether([others[0], refused, others[1]])
        #expect(outcomes.compactMap { try? $0.get() } == [.create, .refuseStoredToken, .create])
        #expect(commits.count == 1)
        #expect(try await audit() == ["given installed", "ws0 installed", "ws1 installed"])
        #expect(try await test.store.installation(id)?.status == .active)
        #expect(try await test.store.credentials(of: id)?.webhookTokens.count == 2)
        #expect(test.store.waitingEvents == 3)
    }

    @Test func `a token is refused that a call before it in the same transaction brought`() async throws {
        let id = try platform.id("ws0")
        func call(_ change: LifecycleChange, with salt: String) throws -> LifecycleCall {
            let token = PresentedToken(
                try platform.webhookToken(id, "/webhooks/time", tokens: salt), issuedAt: nil, by: test.store.handedOut)
            return platform.call(id, change, at: clock.now, token: token)
        }
        let outcomes = await performTogether([
            try call(platform.install(id, tokens: "first"), with: "other"), try call(.deleted, with: "first"),
            try call(platform.install(id, tokens: "second"), with: "other"), try call(.deleted, with: "second"),
        ])
        #expect(
            outcomes.compactMap { try? $0.get() }
                == [.create, .refuseStoredToken, .replaceTokens, .refuseStoredToken])
        #expect(commits.count == 1)
        #expect(try await test.store.installation(id)?.status == .active)
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

    @Test func `a caller that gives up does not undo its call`() async throws {
        let writer = BusyWriter(test.engine)
        let tasks = await queue(try installs(2).map { platform.call($0, $1, at: clock.now) })
        for task in tasks { task.cancel() }
        writer.release()
        #expect(await outcomes(tasks).compactMap { try? $0.get() } == [.create, .create])
        #expect(try await count("SELECT count(*) FROM installation WHERE status = 'ACTIVE'") == 2)
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

    @Test func `a call that is withdrawn while it waits is never committed, and undoes nobody`() async throws {
        let writer = BusyWriter(test.engine)
        let tickets = (0..<3).map { _ in WriteTicket() }
        var tasks: [Task<LifecycleDecision, any Error>] = []
        for (ticket, install) in zip(tickets, try installs(3)) {
            tasks.append(await queue(platform.call(install.0, install.1, at: clock.now), ticket))
        }
        #expect(tickets[1].withdraw())
        writer.release()
        let outcomes = await outcomes(tasks)
        #expect(outcomes.compactMap { try? $0.get() } == [.create, .create])
        guard case .failure(.withdrawn) = outcomes[1] else {
            Issue.record("\(outcomes[1])")
            return
        }
        #expect(try await audit() == ["ws0 installed", "ws2 installed"])
        #expect(test.store.waitingEvents == 2)
        #expect(commits.count == 1)
        // And those that were committed cannot be taken back.
        #expect(!tickets[0].withdraw() && !tickets[1].withdraw() && !tickets[2].withdraw())
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

    @Test func `a write that is withdrawn while it waits for the writer changes nothing`() async throws {
        let writer = BusyWriter(test.engine)
        let ticket = WriteTicket()
        let task = Task { [store = test.store, now = clock.now] in
            try await WriteTicket.$current.withValue(ticket) {
                try await store.createAPIKey(name: "late", scopes: [.read], actor: .system, at: now)
            }
        }
        while test.engine.traffic.depth == 0 { await Task.yield() }
        #expect(ticket.withdraw())
        writer.release()
        await #expect(throws: StoreError.self) { try await task.value }
        #expect(try await count("SELECT count(*) FROM api_key") == 0)
        #expect(try await audit() == [])
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

    @Test func `a call to a closed store fails and does not wait for ever`() async throws {
        try test.store.close()
        let id = try platform.id()
        await #expect(throws: StoreError.self) { try await perform(id, platform.install(id)) }
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
