import Installations
import Synchronization
import Testing

@Suite final class GroupCommitTests: Sendable {
    private let group = Mutex(GroupCommit<Int>(batch: 2, limit: 3))

    private func add(_ members: Int...) -> [GroupCommit<Int>.Admission] {
        group.withLock { group in members.map { group.add($0) } }
    }

    private func next() -> (members: [Int], hasMore: Bool) { group.withLock { $0.next() } }

    @Test func `one transaction is asked for while anybody waits, and takes the oldest`() {
        #expect(add(1, 2, 3) == [.first, .joined, .joined])
        let first = next()
        #expect(first.members == [1, 2] && first.hasMore)
        #expect(add(4) == [.joined])
        let second = next()
        #expect(second.members == [3, 4] && !second.hasMore)
        #expect(add(5) == [.first])
    }

    @Test func `who finds no room is refused, and comes in when there is some`() {
        #expect(add(1, 2, 3, 4) == [.first, .joined, .joined, .full])
        _ = next()
        #expect(add(5) == [.joined])
    }

    @Test func `who comes behind the end is refused, and who waited is still to be committed`() {
        _ = add(1)
        group.withLock { $0.close() }
        #expect(add(2) == [.closed])
        #expect(next().members == [1])
    }
}
