/// Writes of one kind that wait to be committed together. A value, for its owner's lock.
///
/// Whoever waits while the one before them is committed goes into the next transaction: an idle store commits a lone write at
/// once, a busy one shares each fsync. Nobody waits for a timer, and no kind waits behind another.
package struct GroupCommit<Member: Sendable>: Sendable {
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

    private let batch: Int
    private let limit: Int
    private var waiting: [Member] = []
    private var isOpen = true

    /// - Parameters:
    ///   - batch: Writes in one transaction: bounds how long the first of them waits for the last.
    ///   - limit: Writes that wait; one more is refused.
    package init(batch: Int, limit: Int) {
        self.batch = batch
        self.limit = limit
    }

    /// Writes that wait.
    package var depth: Int { waiting.count }

    /// Adds a write, behind those who wait.
    package mutating func add(_ member: Member) -> Admission {
        guard isOpen else { return .closed }
        guard waiting.count < limit else { return .full }
        waiting.append(member)
        return waiting.count == 1 ? .first : .joined
    }

    /// The oldest of those who wait, and whether a transaction must be asked for the others. Mostly these are all: then nothing
    /// is copied while others wait for the lock.
    package mutating func next() -> (members: [Member], hasMore: Bool) {
        var members: [Member] = []
        guard waiting.count > batch else {
            swap(&members, &waiting)
            return (members, false)
        }
        members = Array(waiting.prefix(batch))
        waiting.removeFirst(batch)
        return (members, true)
    }

    /// Takes no more. Those who wait are still to be committed.
    package mutating func close() { isOpen = false }
}
