import Glibc
import UnixSignals

/// Ctrl-C, and the SIGTERM of a timer: the command is cancelled and may clean up, so that no socket file and no half of a
/// backup or an answer stays behind.
enum Interrupt {
    /// Runs `body`; a first signal cancels it, a second one ends the process at once.
    ///
    /// - Throws: What `body` throws; `.interrupted` when it was cancelled.
    static func cancelling(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let work = Task { try await body() }
        let watcher = Task {
            for await _ in signals {
                if work.isCancelled { _exit(CommandStatus.interrupted.rawValue) }
                work.cancel()
            }
        }
        defer { watcher.cancel() }
        let result = await work.result
        // Whatever a cancelled body threw on its way out, the reason is the interruption.
        if work.isCancelled { throw CommandError(.interrupted, "interrupted") }
        try result.get()
    }
}
