import Dispatch
import GRDB
import Glibc
import Synchronization

/// Whether the file system has room for webhooks. What is left below `store.minFreeBytes` is for the platform's lifecycle calls,
/// which come once, and for what becomes of events.
final class FreeSpace: Sendable {
    /// What was measured.
    struct Sample: Sendable {
        /// Bytes that are free on the file system.
        var free: Int
        /// Bytes of the file system.
        var total: Int
        /// Bytes of free pages within the database, which never shrinks: a file that grew once and was emptied since must
        /// not keep webhooks out for ever. Asked for only when it matters.
        var reusable: @Sendable () -> Int = { 0 }
    }

    /// Between two looks, in milliseconds. What is written meanwhile is a small part of any reserve.
    static let pace = 20
    /// What the log needs of the file system itself, whatever is free within the database.
    private static let logRoom = 16 << 20

    private let reserve: Int?
    private let now: @Sendable () -> Int
    private let measure: @Sendable () -> Sample?
    private let looks = DispatchQueue(label: "free-space")
    private let lastLook = Atomic(Int.min / 2)
    private let low = Atomic(false)

    /// Measures now, and then whenever somebody asks.
    ///
    /// - Parameters:
    ///   - reserve: `store.minFreeBytes`; by default the smaller of 256 MiB and a twentieth of the file system.
    ///   - now: A clock that never goes back, in milliseconds.
    ///   - measure: Asks the file system; nil when it does not answer.
    init(
        reserve: Int?, now: @escaping @Sendable () -> Int = FreeSpace.milliseconds,
        measure: @escaping @Sendable () -> Sample?
    ) {
        self.reserve = reserve
        self.now = now
        self.measure = measure
        look()
    }

    /// The space of a database.
    convenience init(of pool: DatabasePool, reserve: Int?) {
        self.init(reserve: reserve) { [path = pool.path] in
            guard let room = FileSystemRoom(at: path) else { return nil }
            return Sample(free: room.free, total: room.total) {
                (try? pool.read { db in
                    let pages = try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
                    return pages * (try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0)
                }) ?? 0  // A closed or broken store takes no webhooks anyway.
            }
        }
    }

    /// Asked for each webhook: it looks again when the last look is old, on a thread that may block.
    var isEnough: Bool {
        let now = now()
        let last = lastLook.load(ordering: .relaxed)
        if now - last >= Self.pace,
            lastLook.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged
        {
            looks.async { [self] in look() }
        }
        return !low.load(ordering: .relaxed)
    }

    /// Bytes that are free at this moment; nil when that cannot be told.
    var free: Int? { measure()?.free }

    /// Bytes above the reserve that are free on the file system at this moment; negative when it is less, nil when that cannot
    /// be told.
    var spare: Int? { measure().map { $0.free - reserve(of: $0) } }

    private func reserve(of sample: Sample) -> Int { reserve ?? min(256 << 20, sample.total / 20) }

    /// What the last look found.
    var isLow: Bool { low.load(ordering: .relaxed) }

    /// Looks now.
    func look() {
        // Without an answer it goes on as it was: the next write finds out.
        guard let sample = measure() else { return }
        let reserve = reserve(of: sample)
        guard sample.free < reserve else { return low.store(false, ordering: .relaxed) }
        let isEnough = sample.free >= Self.logRoom && sample.free + sample.reusable() >= reserve
        low.store(!isEnough, ordering: .relaxed)
    }

    /// As the traffic of writes, by the cheapest clock there is.
    @Sendable static func milliseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}
