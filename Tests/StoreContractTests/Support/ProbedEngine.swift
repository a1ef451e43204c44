import Installations
import Store
import Synchronization
import TestSupport
import Webhooks

/// Any engine, watched: it counts what is asked of it, and holds a transaction between what was loaded and what is written.
final class ProbedEngine: StoreEngine {
    private struct State {
        var calls: [String: Int] = [:]
        /// Writes that were asked for since the engine was opened.
        var asked = 0
        /// Turns of the platform's writer: those that were asked for, that began and that have ended.
        var turns = (asked: 0, begun: 0, ended: 0)
        var probe: (@Sendable () throws -> Void)?
        var readProbe: (@Sendable () -> Void)?
        var erasures = 0
    }

    let engine: any StoreEngine
    private let state = Mutex(State())

    init(over engine: any StoreEngine) { self.engine = engine }

    // MARK: What tests ask

    /// How often each verb was called, and each transaction begun, by their full names, since counting began.
    var calls: [String: Int] { state.withLock { $0.calls } }

    /// Counts anew.
    func resetCalls() { state.withLock { $0.calls = [:] } }

    /// Writes that were asked for: each waits for the writer from then on, or has it.
    var askedWrites: Int { state.withLock { $0.asked } }

    /// Whether a turn of the platform's writer waits for another one.
    var isTurnWaiting: Bool {
        state.withLock { $0.turns.asked > $0.turns.begun && $0.turns.begun > $0.turns.ended }
    }

    /// How often something was erased that must leave what is kept beside the rows too.
    var erasures: Int { state.withLock { $0.erasures } }

    /// The next transaction that has decided what it writes calls this, on its thread, before it writes anything. Once. What
    /// it throws undoes the transaction.
    func beforeApply(_ probe: @escaping @Sendable () throws -> Void) { state.withLock { $0.probe = probe } }

    /// The next quiet read calls this, on its thread, before it reads anything. Once.
    func beforeQuietRead(_ probe: @escaping @Sendable () -> Void) { state.withLock { $0.readProbe = probe } }

    func count(_ verb: String) { state.withLock { $0.calls[verb, default: 0] += 1 } }

    func reachApply() throws {
        let probe = state.withLock { state in
            defer { state.probe = nil }
            return state.probe
        }
        try probe?()
    }

    private func ask() { state.withLock { $0.asked += 1 } }

    // MARK: Forwarded

    var tools: StoreTools { engine.tools }
    var newestEvent: EventID? { engine.newestEvent }
    var waitingEvents: Int { engine.waitingEvents }
    var kept: KeptEvents { engine.kept }
    var hasSpace: Bool { engine.hasSpace }

    func kept(of installation: InstallationNumber) -> KeptEvents { engine.kept(of: installation) }
    func condition() async -> StoreCondition? { await engine.condition() }
    func expectWrite() { engine.expectWrite() }
    func endWrite() { engine.endWrite() }
    func eraseTraces() {
        state.withLock { $0.erasures += 1 }
        engine.eraseTraces()
    }
    func eraseTracesNow() async { await engine.eraseTracesNow() }
    var finding: Finding { engine.finding }
    func spaceFinding() -> Finding { engine.spaceFinding() }
    func findings() async throws(StoreError) -> [Finding] { try await engine.findings() }
    func close() throws { try engine.close() }
    func measure(_ sample: inout StoreSample) { engine.measure(&sample) }

    func draftBackup(
        with files: [BackupFile], program: String, at: Timestamp
    ) async throws(BackupError) -> any BackupDraft {
        try await engine.draftBackup(with: files, program: program, at: at)
    }

    func takingTurns<T: Sendable>(
        _ batch: @Sendable () async throws(StoreError) -> T
    ) async throws(StoreError) -> T {
        try await engine.takingTurns(batch)
    }

    func read<T: Sendable>(
        _ body: @escaping @Sendable (any StoreReads) throws -> T
    ) async throws(StoreError) -> T {
        count("read")
        return try await engine.read { [self] reads in try body(ProbedReads(reads, self)) }
    }

    func readQuietly<T: Sendable>(
        _ body: @escaping @Sendable (any StoreReads, _ giveWay: (Int) -> Void) throws -> T
    ) async throws(StoreError) -> T {
        count("readQuietly")
        return try await engine.readQuietly { [self] reads, giveWay in
            let probe = state.withLock { state in
                defer { state.readProbe = nil }
                return state.readProbe
            }
            probe?()
            return try body(ProbedReads(reads, self), giveWay)
        }
    }

    func transact<T: Sendable>(
        _ body: @escaping @Sendable (any StoreWrites) throws -> T, committed: @escaping @Sendable (T) -> Void
    ) async throws(StoreError) -> T {
        count("transact")
        ask()
        return try await engine.transact(
            { [self] writes in try body(ProbedWrites(writes, self)) }, committed: committed)
    }

    func transactGivingWay<T: Sendable>(
        _ body: @escaping @Sendable (any StoreWrites, _ isAwaited: () -> Bool) throws -> T
    ) async throws(StoreError) -> T {
        count("transactGivingWay")
        ask()
        return try await engine.transactGivingWay { [self] writes, isAwaited in
            try body(ProbedWrites(writes, self), isAwaited)
        }
    }

    func transactBlocking<T>(_ body: (any StoreWrites) throws -> T) throws(StoreError) -> T {
        count("transactBlocking")
        ask()
        return try engine.transactBlocking { [self] writes in try body(ProbedWrites(writes, self)) }
    }

    func schedule(_ turn: @escaping @Sendable (any StoreWriter) -> Void) {
        count("schedule")
        ask()
        state.withLock { $0.turns.asked += 1 }
        engine.schedule { [self] writer in
            state.withLock { $0.turns.begun += 1 }
            turn(ProbedWriter(writer: writer, engine: self))
            state.withLock { $0.turns.ended += 1 }
        }
    }
}

/// The writer of a watched engine.
private struct ProbedWriter: StoreWriter {
    let writer: any StoreWriter
    let engine: ProbedEngine

    func transact<T>(_ body: (any StoreWrites) throws -> T) throws(StoreError) -> T {
        engine.count("transact")
        return try writer.transact { writes in try body(ProbedWrites(writes, engine)) }
    }
}
