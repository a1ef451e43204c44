import Installations
import Store

/// One snapshot, or one transaction. What is written waits here until something is read or the transaction ends, and goes to the
/// server together with that: so a round trip is paid for what must be known, and for the end.
final class PostgresTransaction {
    /// What it may do.
    enum Access {
        /// Reads in one snapshot.
        case reading
        /// Reads what is committed when each statement begins, behind the locks that it took before, and writes.
        case writing

        fileprivate var begin: Query {
            switch self {
            case .reading: Query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            case .writing: Query("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
            }
        }
    }

    private enum Phase {
        case open, ended
    }

    let store: PostgresStore
    let access: Access
    /// What it changes in how much is kept.
    var counts = KeptChanges()
    private let connection: Connection
    /// What the next round trip begins with.
    private var waiting: [Query]
    private var hasBegun = false
    private var hasWritten = false
    private var phase = Phase.open

    /// A transaction that begins with its first round trip.
    init(_ store: PostgresStore, on connection: Connection, _ access: Access) {
        self.store = store
        self.connection = connection
        self.access = access
        waiting = [access.begin]
    }

    /// Whether it may write, and so has to lock what it reads.
    var isWriting: Bool { access == .writing }

    /// Has a statement wait for the next round trip.
    func later(_ query: Query) {
        waiting.append(query)
        hasWritten = true
    }

    /// Has a lock wait for the next round trip.
    func lock(_ query: Query) { waiting.append(query) }

    /// A statement that was asked has written.
    func noteWritten() { hasWritten = true }

    /// Reads in one round trip what these statements answer, in their order.
    func ask(_ queries: Query...) throws -> [ResultRows] { try ask(queries) }

    /// Reads what one statement answers.
    func rows(_ text: String, _ values: any PostgresValue...) throws -> ResultRows {
        try ask([Query(text, values)])[0]
    }

    /// Reads in one round trip what these statements answer, in their order.
    func ask(_ queries: [Query]) throws -> [ResultRows] {
        guard phase == .open else { preconditionFailure("nothing is read behind the end of a transaction") }
        let sent = waiting + queries
        waiting = []
        hasBegun = true
        return try connection.exchange(sent).suffix(queries.count)
    }

    // MARK: The end

    /// Commits, unless that was done with the last statement.
    func commit() throws {
        guard phase == .open else { return }
        guard hasWritten else {
            phase = .ended
            if hasBegun { connection.end(by: "COMMIT") }
            return
        }
        _ = try end(with: [])
    }

    /// Commits together with the last statement, in the same round trip.
    ///
    /// - Parameter found: Answers the same when it is committed: for one whose own answer was lost.
    /// - Returns: What it answered.
    func commit(with last: Query, orFind found: Query) throws -> ResultRows {
        if let answer = try end(with: [last]).first { return answer }
        // It is committed. If that cannot be found out in full, nobody knows, and nothing may be tried again.
        return try store.ask(found)
    }

    /// Commits together with questions, in the same round trip, what may be done twice: it leaves no mark, and whoever lost the
    /// answer does it again. Where nothing had to be written the commit waits for no disk.
    func commitRepeatable(with questions: [Query]) throws -> [ResultRows] {
        guard phase == .open else { preconditionFailure("a transaction ends once") }
        phase = .ended
        _ = connection.takeWarnings()
        let answers = try connection.exchange(waiting + questions + [Query("COMMIT")])
        guard answers.last?.tag == "COMMIT" else { throw LinkFailure.refused(code: "25P02") }
        guard connection.takeWarnings() == 0 else { throw StoreError.outcomeUnknown }
        return Array(answers.suffix(questions.count + 1).prefix(questions.count))
    }

    /// Reads something when the transaction has been committed, of what is committed by then.
    func after(_ query: Query) throws -> ResultRows {
        guard phase == .ended else { preconditionFailure("read within the transaction") }
        do {
            return try connection.exchange([query])[0]
        } catch {
            // Whatever was to be known: the transaction is committed, and must not be tried again.
            return try store.ask(query)
        }
    }

    /// Leaves a mark, by which the answer can be found again when it is lost on its way; then nothing is returned.
    private func end(with last: [Query]) throws -> ArraySlice<ResultRows> {
        guard phase == .open else { preconditionFailure("a transaction ends once") }
        phase = .ended
        let mark = CommitMark.random()
        _ = connection.takeWarnings()
        do {
            let answers = try connection.exchange(
                waiting + last + [mark.insertion, Query("COMMIT")])
            // A transaction that had failed answers ROLLBACK; one whose wait for a standby was cancelled has a warning.
            guard answers.last?.tag == "COMMIT" else { throw LinkFailure.refused(code: "25P02") }
            guard connection.takeWarnings() == 0 else { throw StoreError.outcomeUnknown }
            return answers.suffix(last.count + 2).prefix(last.count)
        } catch LinkFailure.lost(let code) {
            // Whatever ended the line may have ended the wait for a standby: the question's own commit waits for that.
            guard try store.isCommitted(mark) else { throw LinkFailure.unreachable(code: code) }
            return []
        }
    }

    /// Undoes what it did. Nothing is waited for.
    func rollback() {
        phase = .ended
        connection.end(by: "ROLLBACK")
    }
}

extension PostgresTransaction: StoreWrites {}
