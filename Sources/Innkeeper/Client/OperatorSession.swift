import FoundationEssentials
import Logging

/// One command's way to the operator API: the running server's, or, when there is none, its own for as long as the
/// command needs (contract.md section 1). The command cannot tell which.
enum OperatorSession {
    /// How long another command is waited for.
    private static let patience = Duration.seconds(5)

    /// Runs `body` with a client.
    static func run<Answer: Sendable>(
        _ settings: Settings, _ body: @escaping @Sendable (OperatorClient) async throws -> Answer
    ) async throws -> Answer {
        // One name for the whole session: a long one goes through a descriptor that stays open.
        let socket = settings.dataDirectory.socketAddress()
        var backoff = Backoff(patience: patience)
        while true {
            do {
                return try await attempt(settings, socket, body)
            } catch let error as StartupError where CommandStatus(rawValue: error.exitCode) == .conflict {
                // Another command has the store open for a moment, or a server is starting and about to answer.
                guard try await backoff.wait() else {
                    throw CommandError(
                        .conflict, "\(error)", hint: "it does not answer yet; run this again in a moment")
                }
            } catch let lost as OperatorClient.ConnectionLost {
                // The command that answered has ended. What may have been done already is never asked for twice.
                guard lost.mayRepeat, try await backoff.wait() else {
                    throw CommandError(
                        .unavailable, "the server went away before it answered",
                        hint: lost.mayRepeat ? "run it again" : "see what was done with: innkeeper audit list")
                }
            }
        }
    }

    private static func attempt<Answer: Sendable>(
        _ settings: Settings, _ socket: String, _ body: @escaping @Sendable (OperatorClient) async throws -> Answer
    ) async throws -> Answer {
        switch SocketProbe(path: socket) {
        case .answered:
            return try await OperatorClient.with(socket: socket, body)
        case .notPermitted:
            throw CommandError(
                .notPermitted, "\(settings.dataDirectory.socketFile) belongs to another user",
                hint: "run the command as the user that runs the server")
        case .failed(let number):
            throw CommandError(
                .unavailable, "\(settings.dataDirectory.socketFile): \(SystemError.text(number))",
                hint: "see what is wrong with: innkeeper doctor")
        case .nobody:
            let system = try await Bootstrap.open(settings, logger: logger(settings))
            // A failure of the command is no failure of the system, which is to close in order either way.
            let outcome = try await system.withOperatorSocket { () async -> Result<Answer, any Error> in
                do {
                    return .success(try await OperatorClient.with(socket: socket, body))
                } catch {
                    return .failure(error)
                }
            }
            return try outcome.get()
        }
    }

    /// A short command's own server keeps quiet about starting and stopping, unless somebody asked to hear it.
    private static func logger(_ settings: Settings) -> Logger {
        let level = settings.hasLogLevel ? settings.logLevel : max(settings.logLevel, .warning)
        return LogOutput.logger(level: level, format: settings.logFormat)
    }
}

/// Waiting that grows, with an end.
struct Backoff {
    private let deadline: ContinuousClock.Instant
    private var pause = Duration.milliseconds(25)
    private static let longest = Duration.milliseconds(500)

    /// A wait of at most `patience` in all.
    init(patience: Duration) {
        deadline = .now + patience
    }

    /// Waits a little; false when the patience is used up.
    mutating func wait() async throws -> Bool {
        guard .now + pause < deadline else { return false }
        // A random part keeps two waiting commands from meeting again and again.
        try await Task.sleep(for: pause * Double.random(in: 0.75...1.25))
        pause = min(pause * 2, Self.longest)
        return true
    }
}
