/// The streams of one add-on that may go on now, in the order in which they came. A pure value.
///
/// A stream is in one place only: waiting here, or taken by somebody who delivers its head. So at most one event of an
/// installation is ever under way. Streams that a retry or a lease holds back are not here but in the store.
struct Lane {
    /// Streams waiting here at most; others are found again in the store.
    static let capacity = 50_000

    private var fresh = FIFO<Int64>()
    private var failed = FIFO<Int64>()
    private var waiting: Set<Int64> = []
    /// Taken streams; true when more arrived since.
    private var taken: [Int64: Bool] = [:]
    /// Taken from those that failed before.
    private var takenFailed: Set<Int64> = []
    /// Whether streams had to be left out.
    private(set) var isShort = false

    /// Streams waiting here.
    var count: Int { waiting.count }
    /// Streams somebody took.
    var underWay: Int { taken.count }

    /// Whether this stream is known here, waiting or taken.
    func knows(_ stream: Int64) -> Bool { waiting.contains(stream) || taken[stream] != nil }

    /// Adds a stream that may have something to deliver. Returns whether it now waits here and did not before.
    mutating func offer(_ stream: Int64, hasFailed: Bool) -> Bool {
        if taken[stream] != nil {
            taken[stream] = true
            return false
        }
        guard !waiting.contains(stream) else { return false }
        guard waiting.count < Self.capacity else {
            isShort = true
            return false
        }
        waiting.insert(stream)
        if hasFailed { failed.append(stream) } else { fresh.append(stream) }
        return true
    }

    /// Takes up to `count` streams. At most half of what may be under way, `window`, goes to streams that failed before:
    /// slow and failing workspaces never take all the places.
    mutating func take(_ count: Int, of window: Int) -> [Int64] {
        var result: [Int64] = []
        let reserved = min((count + 1) / 2, max(1, window / 2) - takenFailed.count)
        // One place alone goes to a stream that has not failed, if there is one: a probe asks about the target.
        if count > 1 || fresh.isEmpty { takeFailed(reserved, into: &result) }
        while result.count < count, let stream = fresh.popFirst() { result.append(stream) }
        takeFailed(min(count - result.count, max(1, window / 2) - takenFailed.count), into: &result)
        for stream in result {
            waiting.remove(stream)
            taken[stream] = false
        }
        return result
    }

    private mutating func takeFailed(_ count: Int, into result: inout [Int64]) {
        for _ in 0..<max(0, count) {
            guard let stream = failed.popFirst() else { return }
            takenFailed.insert(stream)
            result.append(stream)
        }
    }

    /// Puts a taken stream back at the end, or forgets it when nothing more waits. Returns whether it waits again.
    mutating func finish(_ stream: Int64, hasMore: Bool, hasFailed: Bool = false) -> Bool {
        guard let arrived = taken.removeValue(forKey: stream) else { return false }
        takenFailed.remove(stream)
        return hasMore || arrived ? offer(stream, hasFailed: hasFailed) : false
    }

    /// Whether streams that were left out fit again, so that the store should be asked for them. Asked once.
    mutating func wantsRefill() -> Bool {
        guard isShort, waiting.count < Self.capacity / 2 else { return false }
        isShort = false
        return true
    }
}
