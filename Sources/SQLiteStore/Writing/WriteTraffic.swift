import Glibc
import Synchronization

/// The writes of everybody but long work, which gives way to them.
final class WriteTraffic: Sendable {
    private let waiting = Atomic(0)
    private let lastSecond = Atomic(Int.min / 2)

    /// Whether any was asked for and is not answered: to one that has the writer, whether others wait for it.
    var isWaiting: Bool { depth > 0 }

    /// How many were asked for and are not answered.
    var depth: Int { waiting.load(ordering: .relaxed) }

    /// Whether the platform asked for any within this second or the last: then there may be more at any moment.
    var isRecent: Bool { Self.second() - lastSecond.load(ordering: .relaxed) <= 1 }

    /// A write is asked for. `byPlatform` for webhooks and lifecycle calls.
    func begin(byPlatform: Bool = false) {
        waiting.add(1, ordering: .relaxed)
        if byPlatform { lastSecond.store(Self.second(), ordering: .relaxed) }
    }

    /// A write is answered.
    func end() {
        waiting.subtract(1, ordering: .relaxed)
    }

    /// A clock that is read for every webhook: the cheapest there is.
    private static func second() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return time.tv_sec
    }
}
