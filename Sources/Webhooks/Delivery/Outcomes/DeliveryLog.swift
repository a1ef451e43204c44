import Dispatch
package import Installations
package import Logging
import Marketplace
import ServiceLifecycle
import Synchronization

/// What is said of deliveries: a line each, until there are many of a kind. Then a few in a minute for each add-on, and at
/// its end one line that says how many more there were, and of what. A target that answers 404 to everything makes as
/// many dead letters as there are events, and whoever looks for another line must still find it.
///
/// Counts that are still owed are written at the end of the process: it must outlive everybody who reports here.
package final class DeliveryLog: Service, CustomStringConvertible {
    /// What a line is about.
    enum Matter: Hashable {
        case deadLetter
        case sealed
        case storeFailed
        case targetFails
        case targetAnswers
    }

    private struct Key: Hashable {
        let matter: Matter
        let addonKey: AddonKey?
    }

    private struct Window {
        let end: UInt64
        var lines = 0
        /// What was left out, by its reason; without one it is the empty text. Reasons are few: `DeliveryFailure.text`.
        var leftOut: [String: Int] = [:]
    }

    /// Lines about one matter of one add-on in a window.
    static let limit = 10
    /// Length of a window, in nanoseconds.
    static let period: UInt64 = 60_000_000_000
    /// Reasons that a count names.
    private static let namedReasons = 3

    private let logger: Logger
    private let lines: LineBudget
    private let windows = Mutex<[Key: Window]>([:])

    /// A log of all add-ons' deliveries within what `lines` allows the process.
    package init(logger: Logger, lines: LineBudget = LineBudget()) {
        self.logger = logger
        self.lines = lines
    }

    package var description: String { "delivery log" }

    /// Writes the counts of windows that have ended, and at the end those of all.
    package func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: .seconds(1))
                self.summarise(at: DispatchTime.now().uptimeNanoseconds)
            }
        }
        summarise(at: .max, isLast: true)
    }

    /// Writes a line, or counts it.
    func note(
        _ matter: Matter, of addonKey: AddonKey?, event: EventID? = nil, reason: String? = nil,
        at now: UInt64 = DispatchTime.now().uptimeNanoseconds
    ) {
        let key = Key(matter: matter, addonKey: addonKey)
        let (ended, isWritten) = windows.withLock { windows in
            var window = windows[key] ?? Window(end: now + Self.period)
            let ended = window.end <= now ? window : nil
            if ended != nil { window = Window(end: now + Self.period) }
            let isWritten = window.lines < Self.limit && lines.spend(at: now)
            if isWritten { window.lines += 1 } else { window.leftOut[reason ?? "", default: 0] += 1 }
            windows[key] = window
            return (ended, isWritten)
        }
        if let ended { summarise(key, ended, at: now) }
        guard isWritten else { return }
        var metadata = Self.metadata(key)
        if let event { metadata["event"] = .string(event.text) }
        if let reason { metadata["reason"] = .string(reason) }
        logger.log(level: matter.level, "\(matter.text)", metadata: metadata)
    }

    /// Writes a line for whoever looks closely.
    func detail(_ text: String, of addonKey: AddonKey, event: EventID, reason: String) {
        logger.debug(
            "\(text)", metadata: ["addon": "\(addonKey)", "event": "\(event.text)", "reason": "\(reason)"])
    }

    /// Writes the counts of the windows that have ended at `now`; the last ones whatever the budget is.
    func summarise(at now: UInt64, isLast: Bool = false) {
        let ended = windows.withLock { windows in
            let ended = windows.filter { $0.value.end <= now }
            for key in ended.keys { windows[key] = nil }
            return ended
        }
        for (key, window) in ended { summarise(key, window, at: now, isLast: isLast) }
    }

    private func summarise(_ key: Key, _ window: Window, at now: UInt64, isLast: Bool = false) {
        let count = window.leftOut.values.reduce(0, +)
        guard count > 0 else { return }
        guard isLast || lines.spend(at: now) else { return lines.leaveOut(count) }
        var metadata = Self.metadata(key)
        metadata["count"] = .stringConvertible(count)
        let reasons = window.leftOut.filter { !$0.key.isEmpty }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        if !reasons.isEmpty {
            let named = reasons.prefix(Self.namedReasons).map { "\($0.key): \($0.value)" }
            let others = reasons.dropFirst(Self.namedReasons).map(\.value).reduce(0, +)
            let rest = others > 0 ? ["others: \(others)"] : []
            metadata["reasons"] = .string((named + rest).joined(separator: ", "))
        }
        logger.log(level: key.matter.level, "\(key.matter.summary)", metadata: metadata)
    }

    private static func metadata(_ key: Key) -> Logger.Metadata {
        key.addonKey.map { ["addon": .string($0.text)] } ?? [:]
    }
}

extension DeliveryLog.Matter {
    var text: String {
        switch self {
        case .deadLetter: "dead letter"
        case .sealed:
            "an event waits: its storage key is missing, or its installation is not authentic; see: innkeeper doctor"
        case .storeFailed: "delivery waits for the store"
        case .targetFails: "the target fails; deliveries pause"
        case .targetAnswers: "the target answers again; deliveries go on"
        }
    }

    /// The line that counts those which were left out.
    var summary: String {
        switch self {
        case .deadLetter: "more dead letters; see: innkeeper events list --state dead"
        case .sealed: "more events wait for a storage key, or for an authentic installation; see: innkeeper doctor"
        case .storeFailed: "delivery waited for the store more often"
        case .targetFails: "the target failed more often"
        case .targetAnswers: "the target answered again more often"
        }
    }

    var level: Logger.Level {
        switch self {
        case .deadLetter, .targetFails: .warning
        case .sealed, .storeFailed: .error
        case .targetAnswers: .notice
        }
    }
}
