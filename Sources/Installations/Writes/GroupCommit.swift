import Synchronization

/// Writes of one kind that wait to be committed together.
///
/// Whoever waits while the one before them is committed goes into the next transaction: an idle store commits a lone write at
/// once, a busy one shares each fsync. Nobody waits for a timer, and no kind waits behind another.
package final class GroupCommit<Member: Sendable>: Sendable {
    /// What becomes of a write that is to wait.
    package enum Admission: Sendable {
        /// Nobody waited: a transaction must be asked for. So exactly one is to come while anybody waits.
        case first
        /// One is to come already.
        case joined
        /// Too many wait.
        case full
        /// No more are taken.
        case closed
    }

    private struct Queue {
        var waiting: [Member] = []
        var isOpen = true
    }

    private let batch: Int
    private let limit: Int
    private let queue = Mutex(Queue())

    /// - Parameters:
    ///   - batch: Writes in one transaction: bounds how long the first of them waits for the last.
    ///   - limit: Writes that wait; one more is refused.
    package init(batch: Int, limit: Int) {
        self.batch = batch
        self.limit = limit
    }

    /// Writes that wait.
    package var depth: Int { queue.withLock { $0.waiting.count } }

    /// Adds a write, behind those who wait.
    package func add(_ member: Member) -> Admission {
        queue.withLock { queue in
            guard queue.isOpen else { return .closed }
            guard queue.waiting.count < limit else { return .full }
            queue.waiting.append(member)
            return queue.waiting.count == 1 ? .first : .joined
        }
    }

    /// The oldest of those who wait, and whether a transaction must be asked for the others.
    package func next() -> (members: [Member], hasMore: Bool) {
        queue.withLock { queue in
            let members = Array(queue.waiting.prefix(batch))
            queue.waiting.removeFirst(members.count)
            return (members, !queue.waiting.isEmpty)
        }
    }

    /// Takes no more. Those who wait are still to be committed.
    package func close() { queue.withLock { $0.isOpen = false } }
}
