import Synchronization

/// A request's write on its way to the store: the one place where the writer that takes it up and the deadline that takes it
/// back meet. Exactly one of them comes first, so what is answered with 503 is never committed later: the sender's next try
/// would become a second event.
package final class WriteTicket: Sendable {
    /// That of the request which this task works for; nil for work that no request waits for.
    @TaskLocal package static var current: WriteTicket?

    /// How long the writes of a request may take, each by itself.
    package struct Times: Sendable {
        /// How long one may wait for the writer.
        package let patience: Duration
        /// How much longer its outcome may take when it has begun.
        package let outcome: Duration

        /// Times for an operator's request.
        package init(patience: Duration, outcome: Duration) {
            self.patience = patience
            self.outcome = outcome
        }
    }

    private enum State: UInt8, AtomicRepresentable {
        /// Nothing is written. May be withdrawn.
        case waiting
        /// In a transaction, or committed.
        case begun
        /// The same, and its deadline has passed.
        case overdue
        /// Nothing is written and nothing will be.
        case withdrawn
    }

    private let state = Atomic(State.waiting)
    /// Nil where the listener itself keeps the time, from the request's first byte.
    private let times: Times?

    /// A ticket that waits.
    package init(times: Times? = nil) {
        self.times = times
    }

    /// Whether it was withdrawn.
    package var isWithdrawn: Bool { state.load(ordering: .acquiring) == .withdrawn }

    /// The writer takes what it stands for into a transaction. False when that was withdrawn: then nothing may be written. A
    /// transaction that was undone may be tried again under the same claim.
    package func begin() -> Bool {
        let (_, found) = state.compareExchange(
            expected: .waiting, desired: .begun, ordering: .acquiringAndReleasing)
        return found != .withdrawn
    }

    /// What was begun has written nothing that counts, and waits again. False when its deadline has passed meanwhile: then
    /// it is withdrawn.
    package func release() -> Bool {
        let (_, found) = state.compareExchange(
            expected: .begun, desired: .waiting, ordering: .acquiringAndReleasing)
        if found == .overdue { state.store(.withdrawn, ordering: .releasing) }
        return found == .begun || found == .waiting
    }

    /// The deadline has passed. True when that takes it back, which happens once: nothing was written and nothing will be.
    /// False when it has begun, and its outcome is what must be told.
    package func withdraw() -> Bool {
        while true {
            let (isWithdrawn, found) = state.compareExchange(
                expected: .waiting, desired: .withdrawn, ordering: .acquiringAndReleasing)
            if isWithdrawn { return true }
            guard found == .begun else { return false }
            let (isOverdue, _) = state.compareExchange(
                expected: .begun, desired: .overdue, ordering: .acquiringAndReleasing)
            // Unless it was released in between: then it waits, and can be taken back after all.
            if isOverdue { return false }
        }
    }

    /// Stands for the next request of the same connection. Only when the last one has been told its outcome: nobody else
    /// holds the ticket then.
    package func renew() {
        state.store(.waiting, ordering: .releasing)
    }
}

extension WriteTicket {
    /// Does one write of an operator's request in the time it has: what waits too long is withdrawn, and what has begun and does
    /// not end is left to itself, with an outcome that nobody knows. Everybody else waits for the end.
    ///
    /// - Parameter write: Goes on when the caller has given up: what must follow a commit belongs in it.
    package static func inTime<T: Sendable>(
        _ write: @escaping @Sendable () async -> Result<T, StoreError>
    ) async throws(StoreError) -> T {
        guard let ticket = current, let times = ticket.times else { return try await write().get() }
        // A request whose first write was taken back has nothing more to write: its second would be waited for in vain.
        guard !ticket.isWithdrawn else { throw .withdrawn }
        let answer = FirstAnswer<Result<T, StoreError>>()
        let deadline = Task {
            do {
                try await Task.sleep(for: times.patience)
                if ticket.withdraw() { return answer.give(.failure(.withdrawn)) }
                try await Task.sleep(for: times.outcome)
                answer.give(.failure(.outcomeUnknown))
            } catch {
                // Cancelled: the write has ended in time.
            }
        }
        Task {
            answer.give(await write())
            deadline.cancel()
        }
        return try await answer.value.get()
    }
}

/// The first answer counts, whoever gives it.
private final class FirstAnswer<Value: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Value, Never>)
        case given(Value)
    }

    private let state = Mutex(State.open)

    func give(_ value: Value) {
        let waiting = state.withLock { state -> CheckedContinuation<Value, Never>? in
            switch state {
            case .open:
                state = .given(value)
                return nil
            case .awaited(let continuation):
                state = .given(value)
                return continuation
            case .given: return nil
            }
        }
        waiting?.resume(returning: value)
    }

    var value: Value {
        get async {
            await withCheckedContinuation { continuation in
                let value = state.withLock { state -> Value? in
                    if case .given(let value) = state { return value }
                    state = .awaited(continuation)
                    return nil
                }
                if let value { continuation.resume(returning: value) }
            }
        }
    }
}
