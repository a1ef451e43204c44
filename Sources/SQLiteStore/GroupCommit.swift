import GRDB
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
    /// It runs in no task, so that nobody's cancellation undoes it.
    func writeInGroup<T: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> T
    ) async throws(StoreError) -> T {
        traffic.begin(byPlatform: true)
        defer { traffic.end() }
        return try await withCheckedContinuation { (continuation: CheckedContinuation<Result<T, StoreError>, Never>) in
            let member = GroupCommit.Member { db in
                let value = try body(db)
                return { continuation.resume(returning: .success(value)) }
            } fail: { error in
                continuation.resume(returning: .failure(error))
            }
            switch group.add(member) {
            case .first: commitGroup()
            case .joined: break
            case .refused: member.fail(.unavailable(.busy, code: "queue"))
            }
        }.get()
    }

    private func commitGroup() {
        pool.asyncWriteWithoutTransaction { [self] db in
            let (members, hasMore) = group.next()
            // Behind the other writers that wait already.
            if hasMore { commitGroup() }
            commit(members, db)
        }
    }

    private func commit(_ members: [GroupCommit.Member], _ db: Database) {
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
