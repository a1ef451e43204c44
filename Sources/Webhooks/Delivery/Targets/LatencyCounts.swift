/// How long things took, as counts of a few lengths: of any number of them a percentile is known to a third of it.
package struct LatencyCounts: Sendable {
    /// Where each count ends, in milliseconds; the last one has no end.
    private static let ends: [Int64] = [
        1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 36, 48, 64, 85, 113, 150, 200, 270, 360, 480, 640, 850, 1130, 1500, 2000,
        2700,
        3600, 4800, 6400, 8500, 11_300, 15_000,
    ]

    private var counts = [Int](repeating: 0, count: Self.ends.count + 1)

    /// None.
    package init() {}

    /// One more.
    package mutating func add(_ milliseconds: Int64) {
        counts[Self.ends.firstIndex { milliseconds <= $0 } ?? Self.ends.count] += 1
    }

    /// All of another one.
    package mutating func add(_ other: LatencyCounts) {
        for index in counts.indices { counts[index] += other.counts[index] }
    }

    /// The milliseconds within which so many hundredths of them were done; nil without any.
    package func percentile(_ percent: Int) -> Int64? {
        let all = counts.reduce(0, +)
        guard all > 0 else { return nil }
        // The last of so many, counted from one.
        let wanted = max(1, (all * percent + 99) / 100)
        var seen = 0
        for (index, count) in counts.enumerated() {
            seen += count
            if seen >= wanted { return Self.ends[min(index, Self.ends.count - 1)] }
        }
        return Self.ends.last
    }
}
