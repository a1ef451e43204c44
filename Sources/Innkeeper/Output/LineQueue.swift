import Dispatch
import Synchronization

/// Log lines on their way to a stream that may be read slowly or not at all.
///
/// Whoever logs runs on an event loop or on one of very few threads for tasks: a write that blocks there stops a listener.
/// So lines wait here, within bounds, for one thread that may block. What does not fit is dropped and counted, and a line
/// says how many there were when lines go out again.
final class LineQueue: Sendable {
    private struct State {
        var lines: [[UInt8]] = []
        var bytes = 0
        var dropped = 0
        /// Makes the line that tells of those.
        var notice: (@Sendable (Int) -> [UInt8])?
        var isWriting = false
    }

    /// Bounds of what waits. As much again may be in the writer's hands.
    struct Limits: Sendable {
        var lines = 4096
        var bytes = 1 << 20
    }

    private let limits: Limits
    private let write: @Sendable ([UInt8]) throws(OutputError) -> Void
    private let dropped: @Sendable (Int) -> Void
    private let state = Mutex(State())
    private let writer = DispatchQueue(label: "log")

    /// A queue in front of `write`, which may block. `dropped` is told of each line that does not go out.
    init(
        limits: Limits = Limits(), dropped: @escaping @Sendable (Int) -> Void = { _ in },
        write: @escaping @Sendable ([UInt8]) throws(OutputError) -> Void
    ) {
        self.limits = limits
        self.dropped = dropped
        self.write = write
    }

    /// Takes a line, or drops it. Never blocks. `notice` makes the line about those that were dropped.
    func put(_ line: [UInt8], notice: @escaping @Sendable (Int) -> [UInt8]) {
        let isTaken = state.withLock { state in
            guard state.lines.count < limits.lines, state.bytes + line.count <= limits.bytes else {
                state.dropped += 1
                state.notice = notice
                return false
            }
            state.lines.append(line)
            state.bytes += line.count
            if !state.isWriting {
                state.isWriting = true
                writer.async { self.drain() }
            }
            return true
        }
        if !isTaken { dropped(1) }
    }

    /// Waits until everything is written, but no longer than `patience`; false when it is not by then. For the end of the
    /// process: blocks its caller.
    func flush(within patience: DispatchTimeInterval) -> Bool {
        let written = DispatchSemaphore(value: 0)
        writer.async { written.signal() }
        return written.wait(timeout: .now() + patience) == .success
    }

    private func drain() {
        while let lines = next() {
            for line in lines {
                // One write per line, so that a line is whole for whoever else writes to the same stream. A log that cannot
                // be written must not stop the server.
                do { try write(line) } catch { dropped(1) }
            }
        }
    }

    private func next() -> [[UInt8]]? {
        state.withLock { state in
            guard !state.lines.isEmpty else {
                state.isWriting = false
                return nil
            }
            var lines = state.lines
            // Those that were dropped came after those that wait.
            if state.dropped > 0, let notice = state.notice { lines.append(notice(state.dropped)) }
            state.lines = []
            (state.bytes, state.dropped) = (0, 0)
            return lines
        }
    }
}
