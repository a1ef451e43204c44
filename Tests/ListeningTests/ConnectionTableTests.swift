import Listening
import Synchronization
import Testing

@Suite struct ConnectionTableTests {
    /// Connections by name, and which of them were told to close.
    private final class Closed: Sendable {
        private let names = Mutex<[String]>([])
        var all: [String] { names.withLock { $0 } }

        func open(_ name: String, at moment: UInt64, in table: ConnectionTable) -> ConnectionTable.Place {
            table.open(since: moment) { self.names.withLock { $0.append(name) } }
        }
    }

    @Test func `the one that waits longest gives way, whatever the order of opening`() {
        let (table, closed) = (ConnectionTable(), Closed())
        let places = [5, 3, 9, 1, 7].map { closed.open("\($0)", at: $0, in: table) }
        for _ in places { #expect(table.giveWay(waitingBefore: 10)) }
        #expect(!table.giveWay(waitingBefore: 10))
        #expect(closed.all == ["1", "3", "5", "7", "9"])
    }

    @Test func `who is owed an answer does not give way, however old`() {
        let (table, closed) = (ConnectionTable(), Closed())
        let old = closed.open("old", at: 1, in: table)
        let young = closed.open("young", at: 2, in: table)
        #expect(old.begin())
        #expect(table.giveWay(waitingBefore: 10))
        #expect(!table.giveWay(waitingBefore: 10), "nobody is left who waits")
        #expect(closed.all == ["young"])
        #expect(old.begin())
        #expect(!young.begin(), "who has given way begins nothing")
    }

    @Test func `an answered connection waits from its answer on`() {
        let (table, closed) = (ConnectionTable(), Closed())
        let first = closed.open("first", at: 1, in: table)
        _ = closed.open("second", at: 2, in: table)
        #expect(first.begin())
        first.wait(since: 3)
        for _ in 0..<2 { #expect(table.giveWay(waitingBefore: 10)) }
        #expect(closed.all == ["second", "first"])
    }

    @Test func `nobody gives way to one that is older`() {
        let (table, closed) = (ConnectionTable(), Closed())
        _ = closed.open("new", at: 10, in: table)
        #expect(!table.giveWay(waitingBefore: 10))
        #expect(closed.all == [])
    }

    @Test func `who leaves is forgotten, and who gave way counts until it has left`() {
        let (table, closed) = (ConnectionTable(), Closed())
        let places = (1...20).map { closed.open("\($0)", at: UInt64($0 * 7 % 20 + 1), in: table) }
        for place in places.prefix(18) { table.leave(place) }
        #expect(table.count == 2)
        #expect(table.giveWay(waitingBefore: 100))
        #expect(table.held.leaving == 1)
        for place in places.suffix(2) { table.leave(place) }
        #expect(table.held.leaving == 0 && table.count == 0)
        #expect(!table.giveWay(waitingBefore: 100))
    }

    @Test func `under many threads a connection either begins or gives way, never both`() async {
        final class Counts: Sendable {
            let begun = Atomic(0)
            let gone = Atomic(0)
        }
        let (table, counts) = (ConnectionTable(), Counts())
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for number in 1...500 {
                        let place = table.open(since: UInt64(number)) { counts.gone.add(1, ordering: .relaxed) }
                        if place.begin() { counts.begun.add(1, ordering: .relaxed) }
                        table.leave(place)
                    }
                }
                group.addTask { for _ in 0..<500 { _ = table.giveWay(waitingBefore: .max - 1) } }
            }
        }
        #expect(counts.begun.load(ordering: .relaxed) + counts.gone.load(ordering: .relaxed) == 2000)
        #expect(table.count == 0 && table.held.leaving == 0)
    }
}
