import Synchronization

/// The open connections of one listener, and which of them gives way when all places are taken: the one that has been
/// longest without a complete head, whether it is silent or sends a byte now and then.
///
/// A request costs two stores into its own connection's place and no lock: the order is kept by what a place said when it
/// was last looked at, which is never later than the truth, and is put right when somebody has to give way.
package final class ConnectionTable: Sendable {
    /// The standing of one connection. Only its own event loop calls `begin` and `wait`.
    package final class Place: Sendable {
        /// Since when it waits, in nanoseconds; or one of the two below.
        fileprivate let since: Atomic<UInt64>
        /// Where it is in the heap; read and written under the table's lock only.
        fileprivate let index = Atomic(-1)
        fileprivate let close: @Sendable () -> Void

        fileprivate static let working = UInt64.max
        fileprivate static let gone = UInt64.min

        fileprivate init(since: UInt64, close: @escaping @Sendable () -> Void) {
            self.since = Atomic(max(since, 1))
            self.close = close
        }

        /// Its request is owed an answer: from now on it does not give way. False when it already has: then nothing of the
        /// request may be begun, because nobody would learn its outcome.
        package func begin() -> Bool {
            let seen = since.load(ordering: .relaxed)
            guard seen != Self.gone else { return false }
            return since.compareExchange(expected: seen, desired: Self.working, ordering: .relaxed).exchanged
        }

        /// It has nothing to be answered any more.
        package func wait(since moment: UInt64) {
            let seen = since.load(ordering: .relaxed)
            guard seen != Self.gone else { return }
            _ = since.compareExchange(expected: seen, desired: max(moment, 1), ordering: .relaxed)
        }
    }

    /// A place with what it said when it was last looked at.
    fileprivate struct Entry {
        var since: UInt64
        let place: Place
    }

    fileprivate struct State {
        /// A binary heap: no entry says less than the one above it.
        var heap: [Entry] = []
        /// Connections that were accepted and are not closed yet, also those without a place.
        var open = 0
        /// Those of them that gave way.
        var leaving = 0
    }

    private let state = Mutex(State())

    /// An empty table.
    package init() {}

    /// Connections that hold a descriptor, and how many of them gave way: both of one moment.
    package var held: (all: Int, leaving: Int) { state.withLock { ($0.open, $0.leaving) } }

    /// Connections that could be asked to give way, or work.
    package var count: Int { state.withLock { $0.heap.count } }

    /// A connection was accepted: it holds a descriptor from now on.
    func accepted() { state.withLock { $0.open += 1 } }

    /// A connection's descriptor is closed. Told on its own event loop, right after `leave`: told to another thread first,
    /// those that left would for a while look like connections that must give way.
    func closed() { state.withLock { $0.open -= 1 } }

    /// A place for a connection that opened at `moment`. `close` is called at most once, from any thread.
    package func open(since moment: UInt64, close: @escaping @Sendable () -> Void) -> Place {
        let place = Place(since: moment, close: close)
        state.withLock { state in
            state.heap.append(Entry(since: moment, place: place))
            place.index.store(state.heap.count - 1, ordering: .relaxed)
            state.rise(from: state.heap.count - 1)
        }
        return place
    }

    /// The connection of a place has closed. Call it once.
    package func leave(_ place: Place) {
        state.withLock { state in
            let index = place.index.load(ordering: .relaxed)
            if index >= 0 { state.remove(at: index) } else { state.leaving -= 1 }
        }
    }

    /// Makes the connection give way that waits longest, if one has waited since before `moment`. Whoever works is passed
    /// over, however long.
    package func giveWay(waitingBefore moment: UInt64) -> Bool {
        let place = state.withLock { $0.longestWaiting(before: moment) }
        place?.close()
        return place != nil
    }
}

extension ConnectionTable.State {
    /// Takes the place out that waits longest. Each look puts one entry right, and none needs that twice.
    fileprivate mutating func longestWaiting(before moment: UInt64) -> ConnectionTable.Place? {
        while let first = heap.first, first.since < moment {
            let seen = first.place.since.load(ordering: .relaxed)
            if seen == first.since {
                let gone = ConnectionTable.Place.gone
                // It may have begun to work in this very moment: then it is looked at again.
                guard first.place.since.compareExchange(expected: seen, desired: gone, ordering: .relaxed).exchanged
                else { continue }
                remove(at: 0)
                leaving += 1
                return first.place
            }
            // When it waits again, that will be from later than now.
            heap[0].since = seen == ConnectionTable.Place.working ? moment : seen
            sink(from: 0)
        }
        return nil
    }

    fileprivate mutating func remove(at index: Int) {
        heap[index].place.index.store(-1, ordering: .relaxed)
        let last = heap.removeLast()
        guard index < heap.count else { return }
        heap[index] = last
        last.place.index.store(index, ordering: .relaxed)
        rise(from: index)
        sink(from: last.place.index.load(ordering: .relaxed))
    }

    fileprivate mutating func rise(from start: Int) {
        var index = start
        while index > 0, heap[index].since < heap[(index - 1) / 2].since {
            swap(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    fileprivate mutating func sink(from start: Int) {
        var index = start
        while true {
            var least = 2 * index + 1
            guard least < heap.count else { return }
            if least + 1 < heap.count, heap[least + 1].since < heap[least].since { least += 1 }
            guard heap[least].since < heap[index].since else { return }
            swap(index, least)
            index = least
        }
    }

    private mutating func swap(_ one: Int, _ other: Int) {
        heap.swapAt(one, other)
        heap[one].place.index.store(one, ordering: .relaxed)
        heap[other].place.index.store(other, ordering: .relaxed)
    }
}
