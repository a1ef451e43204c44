/// The ids of the waiting events of one stream, in rising order. A pure value: made for ids that come at the end and go at
/// the beginning, and right for all others.
struct WaitingIDs {
    private var ids: [Int64] = []
    /// How many at the front are gone.
    private var head = 0

    var isEmpty: Bool { head == ids.count }
    var count: Int { ids.count - head }

    /// Adds an id. Returns whether it was not there.
    mutating func insert(_ id: Int64) -> Bool {
        let index = place(of: id)
        guard index == ids.count || ids[index] != id else { return false }
        ids.insert(id, at: index)
        return true
    }

    /// Removes an id. Returns whether it was there.
    mutating func remove(_ id: Int64) -> Bool {
        let index = place(of: id)
        guard index < ids.count, ids[index] == id else { return false }
        guard index == head else {
            ids.remove(at: index)
            return true
        }
        head += 1
        // Moving what is left is paid for by the removals since the last time.
        if head > 16, head * 2 > ids.count {
            ids.removeFirst(head)
            head = 0
        }
        return true
    }

    /// Whether any id satisfies `condition`, asked from the oldest on.
    func contains(where condition: (Int64) -> Bool) -> Bool { ids[head...].contains(where: condition) }

    /// The lowest id above `after`.
    func first(after: Int64) -> Int64? {
        let index = after < .max ? place(of: after + 1) : ids.count
        return index < ids.count ? ids[index] : nil
    }

    /// The lowest ids above `after`, rising.
    func rising(after: Int64, limit: Int) -> [Int64] {
        let index = after < .max ? place(of: after + 1) : ids.count
        return Array(ids[index...].prefix(limit))
    }

    /// The highest ids below `before`, falling.
    func falling(before: Int64, limit: Int) -> [Int64] {
        ids[head..<place(of: before)].suffix(limit).reversed()
    }

    /// Where the first id is that is not below `id`. Mostly it is newer than all there are, or the oldest of them.
    private func place(of id: Int64) -> Int {
        guard !isEmpty, id <= ids[ids.count - 1] else { return ids.count }
        guard id > ids[head] else { return head }
        var (low, high) = (head, ids.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
