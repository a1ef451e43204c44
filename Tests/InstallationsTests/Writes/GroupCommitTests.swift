import Installations
import Testing

@Suite struct GroupCommitTests {
    private let group = GroupCommit<Int>(batch: 2, limit: 3)

    private func add(_ members: Int...) -> [GroupCommit<Int>.Admission] { members.map(group.add) }

    @Test func `one transaction is asked for while anybody waits, and takes the oldest`() {
        #expect(add(1, 2, 3) == [.first, .joined, .joined])
        let (members, hasMore) = group.next()
        #expect(members == [1, 2] && hasMore && group.depth == 1)
        #expect(add(4) == [.joined])
        #expect(group.next().members == [3, 4] && !group.next().hasMore)
        #expect(add(5) == [.first])
    }

    @Test func `who finds no room is refused, and comes in when there is some`() {
        #expect(add(1, 2, 3, 4) == [.first, .joined, .joined, .full])
        _ = group.next()
        #expect(add(5) == [.joined])
    }

    @Test func `who comes behind the end is refused, and who waited is still to be committed`() {
        _ = add(1)
        group.close()
        #expect(add(2) == [.closed])
        #expect(group.next().members == [1])
    }
}
