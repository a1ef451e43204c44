import Dispatch
import Glibc
package import Installations
package import Store

/// How everything else reads and writes.
extension PostgresStore {
    /// How often a transaction that met another is tried again.
    private static let tries = 6

    package func read<T: Sendable>(
        _ body: @escaping @Sendable (any StoreReads) throws -> T
    ) async throws(StoreError) -> T {
        try await answer(for: .other) { [self] connection throws(StoreError) in try look(connection, body) }
    }

    package func readQuietly<T: Sendable>(
        _ body: @escaping @Sendable (any StoreReads, _ giveWay: (Int) -> Void) throws -> T
    ) async throws(StoreError) -> T {
        try await read { reads in try body(reads) { index in if index.isMultiple(of: 4) { sched_yield() } } }
    }

    package func transact<T: Sendable>(
        _ body: @escaping @Sendable (any StoreWrites) throws -> T, committed: @escaping @Sendable (T) -> Void
    ) async throws(StoreError) -> T {
        try await answer(for: .other) { [self] connection throws(StoreError) in
            let value = try commit(on: connection, body)
            committed(value)
            return value
        }
    }

    /// Nobody waits for its connection, so it never has to end early.
    package func transactGivingWay<T: Sendable>(
        _ body: @escaping @Sendable (any StoreWrites, _ isAwaited: () -> Bool) throws -> T
    ) async throws(StoreError) -> T {
        try await transact({ writes in try body(writes) { false } }, committed: { _ in })
    }

    package func transactBlocking<T>(_ body: (any StoreWrites) throws -> T) throws(StoreError) -> T {
        try pool.borrow(for: .platform) { connection throws(StoreError) in try commit(on: connection, body) }
    }

    /// One turn after the other: what waits meanwhile goes together into the next.
    package func schedule(_ turn: @escaping @Sendable (any StoreWriter) -> Void) {
        turns.async { [self] in
            do throws(StoreError) {
                try pool.borrow(for: .platform) { connection in turn(Writer(store: self, connection: connection)) }
            } catch {
                turn(RefusingWriter(error: error))
            }
        }
    }

    /// A transaction that leaves its mark and nothing else: whether one can be committed.
    func writeNothing() async throws(StoreError) {
        try await answer(for: .other) { [self] connection throws(StoreError) in
            try commit(on: connection) { writes in (writes as? PostgresTransaction)?.noteWritten() }
        }
    }

    package func takingTurns<T: Sendable>(
        _ batch: @Sendable () async throws(StoreError) -> T
    ) async throws(StoreError) -> T {
        try await batch()
    }

    // MARK: On the threads of connections

    private func look<T>(_ connection: Connection, _ body: (any StoreReads) throws -> T) throws(StoreError) -> T {
        var isFirst = true
        while true {
            let transaction = PostgresTransaction(self, on: connection, .reading)
            do {
                let value = try body(transaction)
                try transaction.commit()
                return value
            } catch LinkFailure.lost where isFirst {
                // The server was started anew, perhaps long ago.
                isFirst = false
            } catch {
                transaction.rollback()
                throw translate(error, ofWrite: false)
            }
        }
    }

    /// One transaction. Its commit is durable when this returns.
    func commit<T>(on connection: Connection, _ body: (any StoreWrites) throws -> T) throws(StoreError) -> T {
        try health.check()
        var (meetings, losses) = (0, 0)
        while true {
            let transaction = PostgresTransaction(self, on: connection, .writing)
            do {
                let value = try body(transaction)
                try transaction.commit()
                counts.apply(transaction.counts)
                health.succeeded()
                return value
            } catch let failure as LinkFailure {
                transaction.rollback()
                switch failure {
                case .refused(code: "25006") where losses == 0:
                    // A server that was the one that takes writes, before another took its place.
                    connection.disconnect()
                    losses += 1
                case .refused where failure.isOfMeeting && meetings < Self.tries:
                    meetings += 1
                    // Not at the same moment as the other again.
                    usleep(.random(in: 0..<(1000 << UInt32(meetings))))
                case .lost, .unreachable:
                    // Nothing of it was committed. Once at once: the server may have been started anew.
                    guard losses == 0 else { throw translate(failure) }
                    losses += 1
                case .refused: throw translate(failure)
                }
            } catch {
                transaction.rollback()
                throw translate(error)
            }
        }
    }

    private func answer<T: Sendable>(
        for kind: ConnectionPool.Kind, _ work: @escaping @Sendable (Connection) throws(StoreError) -> T
    ) async throws(StoreError) -> T {
        // In no task: nobody's cancellation undoes it.
        try await withCheckedContinuation { (continuation: CheckedContinuation<Result<T, StoreError>, Never>) in
            do throws(StoreError) {
                try pool.take(for: kind) { connection in
                    continuation.resume(returning: Result { () throws(StoreError) in try work(connection) })
                }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }.get()
    }

    // MARK: A commit whose answer was lost

    /// Whether the transaction that leaves a mark was committed; if not, it never can be any more.
    func isCommitted(_ mark: CommitMark) throws(StoreError) -> Bool {
        guard let isUndone = try ask(mark.question).first?.bool(0) else { throw .outcomeUnknown }
        return !isUndone
    }

    /// Asks something whose answer does not depend on how often it is asked, over a connection of its own, for some seconds.
    ///
    /// - Throws: `.outcomeUnknown` when nobody answers in time, or not with certainty.
    func ask(_ question: Query) throws(StoreError) -> ResultRows {
        let end = ContinuousClock.now + .seconds(8)
        asking: repeat {
            do throws(LinkFailure) {
                var link = try address.connect()
                let answer = try link.rows(question)
                // A warning: the wait for a standby was cancelled, and what was asked about may be lost with this server.
                if link.takeWarnings() == 0 { return answer }
                break asking
            } catch {
                if case .refused = error { break asking }
                usleep(100_000)
            }
        } while ContinuousClock.now < end
        health.failed(.unreachable, code: "commit")
        throw .outcomeUnknown
    }
}

/// A connection that is held.
private struct Writer: StoreWriter {
    let store: PostgresStore
    let connection: Connection

    func transact<T>(_ body: (any StoreWrites) throws -> T) throws(StoreError) -> T {
        try store.commit(on: connection, body)
    }
}

/// None was to be had.
private struct RefusingWriter: StoreWriter {
    let error: StoreError

    func transact<T>(_ body: (any StoreWrites) throws -> T) throws(StoreError) -> T { throw error }
}
