/// What can need an operator: a closed list, computed in this one place for everything that tells of it.
package enum Attention: Hashable, Sendable {
    /// Nothing can be committed: the platform's calls are answered 503.
    case cannotWork(word: String)
    /// Sealed values do not open.
    case damagedValues(Int64)
    /// Nine tenths of what the inbox takes are taken.
    case inboxNearlyFull(percent: Int)
    /// An event has waited for long.
    case waitsLong(since: Timestamp)
    /// A rotation was begun and is not ended.
    case unfinishedRotation(left: Int64, all: Int64)
    /// The primary storage key is old.
    case oldKey(promotedAt: Timestamp)

    /// How long an event may wait, in milliseconds.
    static let longestWait: Int64 = 15 * 60 * 1000
    /// How old a storage key may be.
    static let oldestKey: Int64 = 365 * 86_400_000

    /// Whether it must be seen to now, and not only soon.
    package var isCritical: Bool {
        switch self {
        case .cannotWork, .damagedValues, .inboxNearlyFull: true
        case .waitsLong, .unfinishedRotation, .oldKey: false
        }
    }

    /// All there is, worst first.
    ///
    /// - Parameters:
    ///   - sample: What was counted last; nil while it cannot be counted.
    ///   - readiness: Why the server cannot do its work; nil while it can.
    ///   - waiting: Events that wait.
    ///   - room: Events that the inbox takes.
    package static func list(
        _ sample: StoreSample?, readiness: String?, waiting: Int, room: Int, now: Timestamp
    ) -> [Attention] {
        var list: [Attention] = []
        if let readiness { list.append(.cannotWork(word: readiness)) }
        let dead = Int(clamping: sample?.deadEvents ?? 0)
        let kept = waiting.addingReportingOverflow(dead).partialValue
        let percent = Int(Double(kept) / Double(max(room, 1)) * 100)
        if percent >= 90 { list.append(.inboxNearlyFull(percent: percent)) }
        guard let sample else { return list }
        if sample.damagedValues > 0 { list.append(.damagedValues(sample.damagedValues)) }
        if let oldest = sample.oldestWaiting, now.milliseconds - oldest.milliseconds > longestWait {
            list.append(.waitsLong(since: oldest))
        }
        let keys = sample.storageKeys
        if keys.contains(where: { $0.state == .retiring }) {
            let left = keys.filter { $0.state != .primary }.reduce(0) { $0 + $1.installations }
            list.append(.unfinishedRotation(left: left, all: keys.reduce(0) { $0 + $1.installations }))
        }
        if let promoted = keys.first(where: { $0.state == .primary })?.promotedAt,
            now.milliseconds - promoted.milliseconds > oldestKey
        {
            list.append(.oldKey(promotedAt: promoted))
        }
        return list.filter(\.isCritical) + list.filter { !$0.isCritical }
    }
}
