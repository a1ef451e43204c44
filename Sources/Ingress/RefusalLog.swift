import Installations
import Logging
import NIOCore
import Synchronization

/// One log line per refused or failed request, until somebody floods the log: then a few lines a second for each reason
/// and one line that says how many more there were. Whoever finds many reasons at once meets the budget that the whole
/// process has.
final class RefusalLog: Sendable {
    /// What is said of a refused request: labels only, nothing the request brought.
    struct Refusal: Hashable, Sendable {
        let route: RouteKind
        let status: Answer.Status?
        let reason: String
    }

    private struct Window {
        let end: NIODeadline
        var lines = 0
        var unlogged = 0
    }

    /// Lines per window and reason.
    static let limit = 10
    /// Length of a window.
    static let period = TimeAmount.seconds(1)

    private let logger: Logger
    private let lines: LineBudget
    private let windows = Mutex<[Refusal: Window]>([:])

    init(logger: Logger, lines: LineBudget = LineBudget()) {
        self.logger = logger
        self.lines = lines
    }

    /// Logs a refusal, or counts it for the summary.
    func note(_ refusal: Refusal, of request: RequestName? = nil, detail: String?, at now: NIODeadline) {
        let (ended, isLogged) = windows.withLock { windows in
            var window = windows[refusal] ?? Window(end: now + Self.period)
            var ended = 0
            if window.end <= now {
                ended = window.unlogged
                window = Window(end: now + Self.period)
            }
            let isLogged = window.lines < Self.limit && lines.spend(at: now.uptimeNanoseconds)
            if isLogged { window.lines += 1 } else { window.unlogged += 1 }
            windows[refusal] = window
            return (ended, isLogged)
        }
        summarise(refusal, ended, at: now)
        guard isLogged else { return }
        var metadata = Self.metadata(refusal)
        if let request { metadata["request"] = .string(request.text) }
        if let detail { metadata["detail"] = .string(detail) }
        logger.log(level: Self.level(refusal), "request refused", metadata: metadata)
    }

    /// Logs the summaries of the windows that have ended. Called once a period, so that a flood which stops is not
    /// reported only by the next one.
    func summarise(at now: NIODeadline) {
        let ended = windows.withLock { windows in
            let ended = windows.filter { $0.value.end <= now }
            for refusal in ended.keys { windows[refusal] = nil }
            return ended
        }
        for (refusal, window) in ended { summarise(refusal, window.unlogged, at: now) }
        guard let count = lines.summary(at: now.uptimeNanoseconds) else { return }
        logger.warning("more lines about refusals left out", metadata: ["count": .stringConvertible(count)])
    }

    private func summarise(_ refusal: Refusal, _ count: Int, at now: NIODeadline) {
        guard count > 0 else { return }
        guard lines.spend(at: now.uptimeNanoseconds) else { return lines.leaveOut(count) }
        var metadata = Self.metadata(refusal)
        metadata["count"] = .stringConvertible(count)
        logger.log(level: Self.level(refusal), "more requests refused", metadata: metadata)
    }

    /// A failure is this server's business, a refusal mostly a stranger's.
    private static func level(_ refusal: Refusal) -> Logger.Level {
        refusal.status == .serviceUnavailable ? .warning : .notice
    }

    private static func metadata(_ refusal: Refusal) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["route": .string(refusal.route.label), "reason": .string(refusal.reason)]
        if let status = refusal.status { metadata["status"] = .stringConvertible(status.rawValue) }
        return metadata
    }
}
