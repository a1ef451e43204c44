package import Installations
package import Webhooks

/// What keeps the rows: SQL and a file, or connections to a server. It decides nothing.
///
/// A write is *load → decide → apply* inside one transaction: `StoreWrites` brings the facts of a whole batch in one call and
/// writes what was decided about it in another. So a second engine is a second list of statements, and every rule stands once,
/// in `Store`.
package protocol StoreEngine: Sendable {
    /// What the deployment's keys open and vouch for.
    var tools: StoreTools { get }

    /// The newest event there is, when the engine was opened.
    var newestEvent: EventID? { get }

    /// What is known of the inbox without a query, as it is asked for each webhook: see `EventStore`.
    var waitingEvents: Int { get }
    /// See `EventStore`.
    var kept: KeptEvents { get }
    /// See `EventStore`.
    func kept(of installation: InstallationNumber) -> KeptEvents
    /// See `EventStore`.
    var hasSpace: Bool { get }

    /// What keeps the engine from committing now; nil when a write would be committed.
    func condition() async -> StoreCondition?

    /// Reads in one snapshot.
    func read<T: Sendable>(
        _ body: @escaping @Sendable (any StoreReads) throws -> T
    ) async throws(StoreError) -> T

    /// What stands at the head of each stream, to be pushed from here, with the steps of the clock. Where others share the store
    /// none of them pushes these streams until they are let go, or this process is heard of no more; a stream that another has is
    /// `.elsewhere`.
    func takeHeads(
        of streams: [InstallationNumber], bytes: Int
    ) async throws(StoreError) -> (heads: [StoredHead], steps: ClockSteps)

    /// As `read`, for long work, on a thread that leaves the processor to others. `body` offers it, by the place of each
    /// installation in its batch; its cryptography belongs in here too.
    func readQuietly<T: Sendable>(
        _ body: @escaping @Sendable (any StoreReads, _ giveWay: (Int) -> Void) throws -> T
    ) async throws(StoreError) -> T

    /// One transaction for an operator or for deliveries. Returns after its commit reached the disk; the caller's cancellation
    /// undoes nothing.
    ///
    /// - Parameter committed: What must follow the commit, also when nobody waits for it any more.
    func transact<T: Sendable>(
        _ body: @escaping @Sendable (any StoreWrites) throws -> T, committed: @escaping @Sendable (T) -> Void
    ) async throws(StoreError) -> T

    /// As `transact`, for long work, which gives way: `body` may ask whether another write waits, or may at any moment, and end
    /// early.
    func transactGivingWay<T: Sendable>(
        _ body: @escaping @Sendable (any StoreWrites, _ isAwaited: () -> Bool) throws -> T
    ) async throws(StoreError) -> T

    /// One transaction for the platform, on the thread that calls.
    func transactBlocking<T>(_ body: (any StoreWrites) throws -> T) throws(StoreError) -> T

    /// Transactions for the platform, as soon as there is a writer and on its thread: what waits until then goes together.
    func schedule(_ turn: @escaping @Sendable (any StoreWriter) -> Void)

    /// A write of the platform's is asked for, and answered: long work gives way to it in between.
    func expectWrite()
    /// See `expectWrite`.
    func endWrite()

    /// One batch of long work. While others write, no second batch is at work beside it.
    func takingTurns<T: Sendable>(
        _ batch: @Sendable () async throws(StoreError) -> T
    ) async throws(StoreError) -> T

    /// Something was erased: what the engine keeps beside the rows must forget it too. Returns before it has.
    func eraseTraces()

    /// The same; returns when it has, as far as that is possible now.
    func eraseTracesNow() async

    /// Makes a consistent copy of everything while reading and writing go on, as `BackupStore` asks.
    func draftBackup(
        with files: [BackupFile], program: String, at: Timestamp
    ) async throws(BackupError) -> any BackupDraft

    /// What it is, for the first line of `doctor`.
    var finding: Finding { get }
    /// The engine's own checks for `doctor`: of the file or the connection, and of what keeps it.
    func findings() async throws(StoreError) -> [Finding]
    /// Whether there is room, for `doctor`.
    func spaceFinding() -> Finding

    /// Erases the traces of what is gone and ends. Nothing is read or written any more.
    func close() throws

    /// Sizes and free space for the gauges, as `StoreSample`.
    func measure(_ sample: inout StoreSample)
}

extension StoreEngine {
    /// Over a store that nobody shares there is nothing to take.
    package func takeHeads(
        of streams: [InstallationNumber], bytes: Int
    ) async throws(StoreError) -> (heads: [StoredHead], steps: ClockSteps) {
        try await read { reads in (try reads.heads(of: streams, bytes: bytes), try reads.clock().steps) }
    }
}

/// Runs transactions one after the other, while it is held.
package protocol StoreWriter {
    /// One transaction. When it returns, its commit has reached the disk.
    func transact<T>(_ body: (any StoreWrites) throws -> T) throws(StoreError) -> T
}
