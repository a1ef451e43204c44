import Synchronization

/// How far long work has come, on standard error and only on a terminal. Shows itself after two seconds, so that short
/// work stays quiet. Any task may advance it.
final class ProgressBar: Sendable {
    private struct State {
        var done = 0
        var lastDrawn: Duration?
        var isFinished = false
    }

    private let title: String
    private let total: Int
    private let terminal: Terminal
    private let elapsed: @Sendable () -> Duration
    private let write: @Sendable (String) -> Void
    private let state = Mutex(State())
    private static let patience = Duration.seconds(2)
    private static let interval = Duration.milliseconds(200)

    /// A bar for `total` steps that begin now.
    convenience init(title: String, total: Int) {
        let start = ContinuousClock.now
        self.init(
            title: title, total: total, terminal: Terminal(.error), elapsed: { ContinuousClock.now - start },
            write: { text in
                // A bar that cannot be drawn must not stop the work.
                do { try StandardStream.error.write(text.utf8) } catch { return }
            })
    }

    /// A bar with a clock and a screen of the caller's.
    init(
        title: String, total: Int, terminal: Terminal, elapsed: @escaping @Sendable () -> Duration,
        write: @escaping @Sendable (String) -> Void
    ) {
        self.title = PrintableText.make(title)
        self.total = total
        self.terminal = terminal
        self.elapsed = elapsed
        self.write = write
    }

    /// Counts steps that are done.
    func advance(by steps: Int = 1) {
        state.withLock { state in
            state.done += steps
            guard terminal.isTerminal, !state.isFinished else { return }
            let now = elapsed()
            guard now >= Self.patience, now - (state.lastDrawn ?? .zero) >= Self.interval else { return }
            state.lastDrawn = now
            // Return to the line's start, draw, erase what an earlier, longer line left.
            write("\r" + PrintableText.fitted(line(state.done, now), to: (terminal.width ?? 80) - 1) + "\u{1B}[K")
        }
    }

    /// Removes the bar; call it however the work ended.
    func finish() {
        state.withLock { state in
            guard !state.isFinished else { return }
            state.isFinished = true
            if state.lastDrawn != nil { write("\r\u{1B}[K") }
        }
    }

    private func line(_ done: Int, _ elapsed: Duration) -> String {
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        let rate = Double(done) / max(seconds, 0.001)
        let share = total > 0 ? min(Double(done) / Double(total), 1) : 0
        let filled = Int(share * 20)
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled)
        let left = rate > 0 ? Moment.duration(seconds: Int(Double(max(total - done, 0)) / rate)) : "?"
        return "\(title) [\(bar)] \(done)/\(total), \(Int(rate))/s, \(left) left"
    }
}
