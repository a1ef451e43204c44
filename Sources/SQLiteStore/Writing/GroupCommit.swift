import GRDB
import GRDBSQLite
import Installations
import Synchronization

/// Writes that wait to be committed together.
///
/// Whoever waits while the writing connection is busy goes into its next transaction, as webhooks do in the inbox: an idle
/// store commits a lone write at once, a busy one shares each fsync. Nobody waits for a timer.
final class GroupCommit: Sendable {
    /// Writes in one transaction: bounds how long the first of them waits for the last.
    static let batch = 64
    /// Writes that wait; one more is refused.
    static let queued = 4096

    /// One write, its result out of sight.
    struct Member: Sendable {
        /// Changes the rows. Returns what tells the caller, for after the commit.
        let body: @Sendable (Database) throws -> @Sendable () -> Void
        /// Tells the caller that nothing was changed.
        let fail: @Sendable (StoreError) -> Void
        /// Of the request it belongs to.
        var ticket: WriteTicket?
    }

    private let waiting = Mutex<[Member]>([])

    /// Writes that wait.
    var depth: Int { waiting.withLock { $0.count } }

    enum Admission {
        /// Nobody waited: a transaction must be asked for. So exactly one is to come while anybody waits.
        case first
        case joined
        case refused
    }

    /// Adds a write, behind those who wait.
    func add(_ member: Member) -> Admission {
        waiting.withLock { waiting in
            guard waiting.count < Self.queued else { return .refused }
            waiting.append(member)
            return waiting.count == 1 ? .first : .joined
        }
    }

    /// The oldest of those who wait, and whether a transaction must be asked for the others.
    func next() -> (members: [Member], hasMore: Bool) {
        waiting.withLock { waiting in
            let members = Array(waiting.prefix(Self.batch))
            waiting.removeFirst(members.count)
            return (members, !waiting.isEmpty)
        }
    }
}

extension SQLiteStore {
    /// As `write`, in one transaction with all others that wait here, in the order in which they came. `body` may run
    /// twice, the first time undone: it changes nothing but the rows.
    ///
    /// It runs in no task, so that nobody's cancellation undoes it. `committed` follows the commit, also when nobody waits
    /// for that any more.
    func writeInGroup<T: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> T,
        committed: @escaping @Sendable (T) -> Void = { _ in }
    ) async throws(StoreError) -> T {
        try await WriteTicket.inTime { [self] in
            traffic.begin(byPlatform: true)
            defer { traffic.end() }
            return await withCheckedContinuation { continuation in
                let member = GroupCommit.Member(
                    body: { db in
                        let value = try body(db)
                        return {
                            committed(value)
                            continuation.resume(returning: .success(value))
                        }
                    }, fail: { error in continuation.resume(returning: .failure(error)) },
                    ticket: WriteTicket.current)
                switch group.add(member) {
                case .first: commitGroup()
                case .joined: break
                case .refused: member.fail(.unavailable(.busy, code: "queue"))
                }
            }
        }
    }

    private func commitGroup() {
        pool.asyncWriteWithoutTransaction { [self] db in
            let (members, hasMore) = group.next()
            // Behind the other writers that wait already.
            if hasMore { commitGroup() }
            // With little space left the log is used again soon instead of growing: what is reserved is for these calls.
            let isLow = space.isLow
            if isLow { sqlite3_wal_autocheckpoint(db.sqliteConnection, LongWork.logPages) }
            defer { if isLow { sqlite3_wal_autocheckpoint(db.sqliteConnection, Self.logPages) } }
            commit(members.filter(claim), db)
        }
    }

    /// Whether a member goes into the transaction: from now on it cannot be withdrawn, whatever becomes of the others.
    private func claim(_ member: GroupCommit.Member) -> Bool {
        guard let ticket = member.ticket, !ticket.begin() else { return true }
        member.fail(.withdrawn)
        return false
    }

    private func commit(_ members: [GroupCommit.Member], _ db: Database) {
        guard !members.isEmpty else { return }
        do throws(StoreError) {
            let tell = try commit(db) { try members.map { try $0.body(db) } }
            for tell in tell { tell() }
        } catch {
            // What is the storage's fault would only meet each of them again, some after seconds.
            guard members.count > 1, !error.isOfStorage else { return members.forEach { $0.fail(error) } }
            // All are undone, perhaps for one of them whose row is damaged: each alone, so that it fails alone.
            for member in members { commit([member], db) }
        }
    }
}
