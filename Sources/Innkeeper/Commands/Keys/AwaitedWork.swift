import Glibc
import OperatorAPI
import Synchronization

/// Long work that the server does while a command waits for it: a bar on standard error, and at the end a report.
struct AwaitedWork: Sendable {
    /// The command, for whoever ends it early and wants to go on.
    let command: String
    /// Where it is asked for.
    let path: OperatorPath
    let body: KeyWorkJSON

    private final class LatestProgress: Sendable {
        private let newest = Mutex<ProgressJSON?>(nil)

        var progress: ProgressJSON? { newest.withLock { $0 } }

        func note(_ progress: ProgressJSON) { newest.withLock { $0 = progress } }
    }

    /// Asks for the work and waits for its report. Ended early, it says where it stands and how to go on.
    func run<Report: Codable & Sendable>(
        _ client: OperatorClient, as: Report.Type = Report.self
    ) async throws -> Report {
        let latest = LatestProgress()
        var bar: (phase: String, bar: ProgressBar, done: Int)?
        defer { bar?.bar.finish() }
        do {
            return try await client.work(path, body, as: Report.self) { progress in
                latest.note(progress)
                if bar?.phase != progress.phase {
                    bar?.bar.finish()
                    bar = (progress.phase, ProgressBar(title: progress.phase, total: progress.total), 0)
                }
                bar?.bar.advance(by: progress.done - (bar?.done ?? 0))
                bar?.done = progress.done
            }
        } catch let error where error is CancellationError || error is OperatorClient.ConnectionLost {
            bar?.bar.finish()
            bar = nil
            StandardStream.note(Self.farewell(latest.progress, command))
            guard error is OperatorClient.ConnectionLost else { throw error }
            throw CommandError(.unavailable, "the server went away", hint: "when it is back, run: \(command)")
        }
    }

    /// Where the work stands when it is ended early.
    static func farewell(_ progress: ProgressJSON?, _ command: String) -> String {
        let words = ["rewrap": "rewrapped", "reencrypt": "re-encrypted", "verify": "verified"]
        let stands = progress.map { "\($0.done) of \($0.total) installations \(words[$0.phase] ?? $0.phase)" }
        return "ended after \(stands ?? "no batch"); what is done stays done. Go on with: \(command)"
    }
}
