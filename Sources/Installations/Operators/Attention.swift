package import Marketplace

/// What can need an operator: a closed list, computed in this one place for everything that tells of it.
package enum Attention: Hashable, Sendable {
    /// Nothing can be committed: the platform's calls are answered 503.
    case cannotWork(word: String)
    /// Nobody takes the events of an add-on.
    case targetDown(TargetTrouble)
    /// Nine tenths of what the inbox takes are taken.
    case inboxNearlyFull(percent: Int)
    /// Sealed values do not open.
    case damagedValues(Int64)
    /// An event has waited for long.
    case waitsLong(since: Timestamp)
    /// Events were given up lately.
    case deadLettersGrew(Int64)
    /// Webhooks of installations come with tokens that are not theirs. With how many installations that are, twenty at most.
    case tokenMismatches(MismatchedInstallation, installations: Int)
    /// Many more calls than usual are refused.
    case manyRefusals(inMinute: Int64, usual: Int64, reason: String)
    /// A rotation was begun and is not ended, and nobody works on it.
    case unfinishedRotation(left: Int64, all: Int64)
    /// The newest backup is old, or older than the newest storage key; nil where none was ever made.
    case oldBackup(Timestamp?)
    /// The primary storage key is old.
    case oldKey(promotedAt: Timestamp)

    /// How long an event may wait, in milliseconds.
    static let longestWait: Int64 = 15 * 60 * 1000
    /// How old a storage key may be.
    static let oldestKey: Int64 = 365 * 86_400_000
    /// How old the newest backup may be.
    static let oldestBackup: Int64 = 7 * 86_400_000
    /// How many minutes dead letters are told of.
    static let deadMinutes: Int64 = 15
    /// From so many refused calls in a minute on, and from so many times the usual, they are told of.
    static let manyRefusals: (inMinute: Int64, times: Int64) = (60, 10)

    /// The closed words for programs.
    package enum Code: String, CaseIterable, Sendable {
        case cannotCommit = "cannot_commit"
        case targetDown = "target_down"
        case inboxNearlyFull = "inbox_nearly_full"
        case damagedValues = "damaged_values"
        case waitsLong = "waits_long"
        case deadLettersGrew = "dead_letters_grew"
        case tokenMismatches = "token_mismatches"
        case manyRefusals = "many_refusals"
        case rotationUnfinished = "rotation_unfinished"
        case backupOld = "backup_old"
        case keyOld = "key_old"

        /// Whether it must be seen to now, and not only soon.
        package var isCritical: Bool {
            switch self {
            case .cannotCommit, .targetDown, .damagedValues, .inboxNearlyFull: true
            default: false
            }
        }
    }

    /// Which of the list it is.
    package var code: Code {
        switch self {
        case .cannotWork: .cannotCommit
        case .targetDown: .targetDown
        case .inboxNearlyFull: .inboxNearlyFull
        case .damagedValues: .damagedValues
        case .waitsLong: .waitsLong
        case .deadLettersGrew: .deadLettersGrew
        case .tokenMismatches: .tokenMismatches
        case .manyRefusals: .manyRefusals
        case .unfinishedRotation: .rotationUnfinished
        case .oldBackup: .backupOld
        case .oldKey: .keyOld
        }
    }

    /// Whether it must be seen to now, and not only soon.
    package var isCritical: Bool { code.isCritical }
}

/// A target that takes no events.
package struct TargetTrouble: Hashable, Sendable {
    /// Whose events.
    package let addonKey: AddonKey
    /// Its name among those of the add-on.
    package let name: String
    /// Since when.
    package let since: Timestamp
    /// What the last attempt failed of, in words from a closed vocabulary.
    package let cause: String?

    /// A target that was found so.
    package init(addonKey: AddonKey, name: String, since: Timestamp, cause: String?) {
        self.addonKey = addonKey
        self.name = name
        self.since = since
        self.cause = cause
    }
}

/// What is known when it is asked what needs an operator.
package struct AttentionFacts: Sendable {
    /// What was counted last; nil while it cannot be counted.
    package var sample: StoreSample?
    /// What is read quickly; nil while it cannot be read.
    package var recent: RecentFacts?
    /// Why the server cannot do its work; nil while it can.
    package var readiness: String?
    /// Targets that are down.
    package var targets: [TargetTrouble] = []
    /// Events that wait.
    package var waiting = 0
    /// Events that the inbox takes.
    package var room = 1
    /// How much of the bytes that it takes are taken, 0 to 1.
    package var fullness = 0.0
    /// Whether this process works on the storage keys.
    package var isRotating = false

    /// Nothing is known.
    package init() {}
}

extension Attention {
    /// All there is, worst first.
    package static func list(_ facts: AttentionFacts, at now: Timestamp) -> [Attention] {
        var list: [Attention] = []
        if let readiness = facts.readiness { list.append(.cannotWork(word: readiness)) }
        list += facts.targets.map { .targetDown($0) }
        let dead = Int(clamping: facts.sample?.deadEvents ?? 0)
        let kept = facts.waiting.addingReportingOverflow(dead).partialValue
        let percent = Int(max(Double(kept) / Double(max(facts.room, 1)), facts.fullness) * 100)
        if percent >= 90 { list.append(.inboxNearlyFull(percent: percent)) }
        if let recent = facts.recent { list += ofEvents(recent, at: now) }
        if let sample = facts.sample { list += ofKeys(sample, facts.recent, isRotating: facts.isRotating, at: now) }
        return list.filter(\.isCritical) + list.filter { !$0.isCritical }
    }

    private static func ofEvents(_ recent: RecentFacts, at now: Timestamp) -> [Attention] {
        var list: [Attention] = []
        if let oldest = recent.oldestWaiting, now.milliseconds - oldest.milliseconds > longestWait {
            list.append(.waitsLong(since: oldest))
        }
        let minute = HistorySpan.minute.number(of: now)
        let dead = recent.lastHour.filter { $0.series == .dead && $0.number > minute - deadMinutes }
        let count = dead.reduce(0) { $0 + $1.count }
        if count > 0 { list.append(.deadLettersGrew(count)) }
        if let first = recent.mismatched.first {
            list.append(.tokenMismatches(first, installations: recent.mismatched.count))
        }
        return list + ofRefusals(recent.lastHour, minute)
    }

    /// The minute that is not over counts as well, or the last one: that tells soon, and for a minute.
    private static func ofRefusals(_ counts: [HistoryCount], _ minute: Int64) -> [Attention] {
        var (byMinute, reasons): ([Int64: Int64], [String: Int64]) = ([:], [:])
        for one in counts {
            guard case .refused(let reason) = one.series else { continue }
            byMinute[one.number, default: 0] += one.count
            if one.number >= minute - 1 { reasons[reason, default: 0] += one.count }
        }
        let now = max(byMinute[minute] ?? 0, byMinute[minute - 1] ?? 0)
        let before = (minute - 60..<minute - 1).map { byMinute[$0] ?? 0 }.sorted()
        let usual = before[before.count / 2]
        guard now > manyRefusals.inMinute, now / manyRefusals.times >= max(usual, 1) else { return [] }
        let reason = reasons.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? ""
        return [.manyRefusals(inMinute: now, usual: usual, reason: reason)]
    }

    private static func ofKeys(
        _ sample: StoreSample, _ recent: RecentFacts?, isRotating: Bool, at now: Timestamp
    ) -> [Attention] {
        var list: [Attention] = []
        if sample.damagedValues > 0 { list.append(.damagedValues(sample.damagedValues)) }
        let keys = sample.storageKeys
        // What was counted is older than the end of a rotation may be.
        if !isRotating, recent?.isRotationOpen ?? true, keys.contains(where: { $0.state == .retiring }) {
            let left = keys.filter { $0.state != .primary }.reduce(0) { $0 + $1.installations }
            list.append(.unfinishedRotation(left: left, all: keys.reduce(0) { $0 + $1.installations }))
        }
        if let recent, let begun = recent.begun {
            let newest = keys.filter { $0.state != .destroyed }.map(\.createdAt).max() ?? begun
            let age = now.milliseconds - (recent.newestBackup ?? begun).milliseconds
            // A deployment without any is told of after a week; then the first key is older than none.
            if age > oldestBackup || recent.newestBackup.map({ $0 < newest }) ?? false {
                list.append(.oldBackup(recent.newestBackup))
            }
        }
        if let promoted = keys.first(where: { $0.state == .primary })?.promotedAt,
            now.milliseconds - promoted.milliseconds > oldestKey
        {
            list.append(.oldKey(promotedAt: promoted))
        }
        return list
    }
}
