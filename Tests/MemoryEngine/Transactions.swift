import Dispatch
package import Installations
package import Store
import Synchronization

/// How everything else reads and writes: what was committed, or one transaction on the writer's thread.
extension MemoryEngine {
    package func read<T: Sendable>(
        _ body: @escaping @Sendable (any StoreReads) throws -> T
    ) async throws(StoreError) -> T {
        count()
        return try await answer(on: readers) { [self] () throws(StoreError) in try look(body) }
    }

    package func readQuietly<T: Sendable>(
        _ body: @escaping @Sendable (any StoreReads, _ giveWay: (Int) -> Void) throws -> T
    ) async throws(StoreError) -> T {
        count()
        return try await answer(on: readers) { [self] () throws(StoreError) in try look { try body($0) { _ in } } }
    }

    package func transact<T: Sendable>(
        _ body: @escaping @Sendable (any StoreWrites) throws -> T, committed: @escaping @Sendable (T) -> Void
    ) async throws(StoreError) -> T {
        count()
        expectWrite()
        defer { endWrite() }
        return try await answer(on: writer) { [self] () throws(StoreError) in
            reach(.writer)
            let value = try commit(body)
            reach(.afterCommit)
            committed(value)
            return value
        }
    }

    package func transactGivingWay<T: Sendable>(
        _ body: @escaping @Sendable (any StoreWrites, _ isAwaited: () -> Bool) throws -> T
    ) async throws(StoreError) -> T {
        count()
        return try await answer(on: writer) { [self] () throws(StoreError) in
            reach(.writer)
            let value = try commit { writes in
                try body(writes) { [self] in state.withLock { $0.awaitedWrites > 0 } }
            }
            reach(.afterCommit)
            return value
        }
    }

    package func transactBlocking<T>(_ body: (any StoreWrites) throws -> T) throws(StoreError) -> T {
        count()
        expectWrite()
        defer { endWrite() }
        let result = writer.sync {
            reach(.writer)
            return Result { () throws(StoreError) in try commit(body) }
        }
        if case .success = result { reach(.afterCommit) }
        return try result.get()
    }

    package func schedule(_ turn: @escaping @Sendable (any StoreWriter) -> Void) {
        writer.async { [self] in
            reach(.writer)
            turn(HeldWriter(engine: self))
        }
    }

    /// Nothing here is scarce that a second batch could take from others.
    package func takingTurns<T: Sendable>(
        _ batch: @Sendable () async throws(StoreError) -> T
    ) async throws(StoreError) -> T {
        try await batch()
    }

    // MARK: On their threads

    private func look<T>(_ body: (any StoreReads) throws -> T) throws(StoreError) -> T {
        reach(.read)
        let rows = try state.withLock { state throws(StoreError) in
            try state.checkOpen()
            if let failure = state.readFailure { throw failure }
            return state.rows
        }
        do {
            return try body(MemorySnapshot(of: rows, self))
        } catch {
            throw StoreError(of: error)
        }
    }

    fileprivate func commit<T>(_ body: (any StoreWrites) throws -> T) throws(StoreError) -> T {
        let rows = try state.withLock { state throws(StoreError) in
            try state.checkOpen()
            return state.rows
        }
        let transaction = MemoryTransaction(of: rows, self)
        let value: T
        do {
            value = try body(transaction)
        } catch {
            throw StoreError(of: error)
        }
        reach(.beforeCommit)
        try state.withLock { state throws(StoreError) in
            if let failure = state.failure { throw failure }
            state.rows = transaction.rows
        }
        return value
    }

    private func answer<T: Sendable>(
        on queue: DispatchQueue, _ work: @escaping @Sendable () throws(StoreError) -> T
    ) async throws(StoreError) -> T {
        // In no task: nobody's cancellation undoes it.
        try await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Result(catching: work)) }
        }.get()
    }
}

/// The writer, in the hands of a turn that was scheduled.
private struct HeldWriter: StoreWriter {
    let engine: MemoryEngine

    func transact<T>(_ body: (any StoreWrites) throws -> T) throws(StoreError) -> T {
        engine.count()
        let value = try engine.commit(body)
        engine.reach(.afterCommit)
        return value
    }
}

extension MemoryEngine.State {
    func checkOpen() throws(StoreError) {
        if isClosed { throw .unavailable(.failed, code: "closed") }
    }
}

extension StoreError {
    /// An error in the domain's words.
    fileprivate init(of error: any Error) {
        self = error as? StoreError ?? .unavailable(.failed, code: "unexpected \(type(of: error))")
    }
}
