import Dispatch
import GRDB
import GRDBSQLite
import Glibc
package import Installations
import Synchronization

/// Where work waits that takes minutes and has time: it must not make webhooks wait for the processor or for the writer.
struct LongWork: Sendable {
    /// Whose threads Dispatch makes nicer than all others, by 10: while every core is busy they leave nine tenths of the
    /// time to those that answer webhooks, and while one is idle they lose nothing.
    let reads = DispatchQueue(label: "long-reads", qos: .background, attributes: .concurrent)
    /// Where writes that give way wait for each other, so that only one of them can stand before any other write.
    let writes = DispatchQueue(label: "long-writes")
    /// Where backups are made one after the other, as a draft has always the same name.
    let drafts = DispatchQueue(label: "backup-drafts", qos: .utility)
    /// Held by the one that is at work, while others write.
    let turn = Turn()

    /// Pages in the log, 256 KiB, before a commit of such a write brings them into the file while others write: it changes so
    /// many pages that at `SQLiteStore.logPages` a webhook would wait for a whole log several times a second.
    static let logPages: CInt = 64

    /// Lets whoever waits for this core have it; asked for each installation by its place in the batch. Being nice decides
    /// who gets how much time, not who is next: a thread that was woken for a webhook would wait until a slice of
    /// milliseconds is used up. Four installations take some 30 µs, a yield alone half of one.
    ///
    /// Never by who has the writer: another program that keeps the core busy would get a slice each time.
    fileprivate static func giveWay(at index: Int) { if index.isMultiple(of: 4) { sched_yield() } }

    /// Runs what blocks on a thread of its own: the cooperative ones are as few as the cores, and webhooks need them.
    ///
    /// Dispatch gives a queue of lower quality no thread while others keep every core busy: what is short, and has a client
    /// waiting for it, is not put behind those.
    static func offThreads<T: Sendable, Failure: Error>(
        on queue: DispatchQueue = .global(), _ body: @escaping @Sendable () throws(Failure) -> T
    ) async -> Result<T, Failure> {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Result(catching: body)) }
        }
    }
}

extension SQLiteStore {
    /// One batch of long work. While others write, no second batch is at work beside it: one core is left to them.
    package func takingTurns<T: Sendable>(
        _ batch: @Sendable () async throws(StoreError) -> T
    ) async throws(StoreError) -> T {
        guard traffic.isRecent else { return try await batch() }
        await longWork.turn.acquire()
        defer { longWork.turn.release() }
        return try await batch()
    }

    /// As `readRows`, for long work: its cryptography belongs in here too. Nobody may wait for such a thread, so it never has
    /// the writer. `body` offers the core, by the place of each installation in its batch.
    func readRowsQuietly<T: Sendable>(
        _ body: @escaping @Sendable (Database, _ giveWay: (Int) -> Void) throws -> T
    ) async throws(StoreError) -> T {
        let isBusy = traffic.isRecent
        do {
            return try await withCheckedThrowingContinuation { continuation in
                longWork.reads.async { [pool] in
                    continuation.resume(
                        with: Result {
                            try pool.read { db in try body(db) { index in if isBusy { LongWork.giveWay(at: index) } } }
                        })
                }
            }
        } catch {
            throw translate(error)
        }
    }

    /// As `writeRows`, for long work: `body` may ask whether another write waits for it, or may at any moment, and end early.
    func writeGivingWay<T: Sendable>(
        _ body: @escaping @Sendable (Database, _ isAwaited: () -> Bool) throws -> T
    ) async throws(StoreError) -> T {
        do {
            return try await withCheckedThrowingContinuation { continuation in
                longWork.writes.async { [self] in
                    continuation.resume(
                        with: Result {
                            try pool.writeWithoutTransaction { db in
                                let isBusy = traffic.isRecent
                                let pages = isBusy ? LongWork.logPages : Self.logPages
                                sqlite3_wal_autocheckpoint(db.sqliteConnection, pages)
                                defer { sqlite3_wal_autocheckpoint(db.sqliteConnection, Self.logPages) }
                                return try commit(db) { try body(db) { isBusy || traffic.isWaiting } }
                            }
                        })
                }
            }
        } catch {
            throw translate(error)
        }
    }
}

/// Held by one task at a time, in the order in which they asked. For batches of milliseconds that are never cancelled.
final class Turn: Sendable {
    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func acquire() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.isTaken { state.waiting.append(continuation) }
                defer { state.isTaken = true }
                return !state.isTaken
            }
            if isFree { continuation.resume() }
        }
    }

    func release() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiting.isEmpty else {
                state.isTaken = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
