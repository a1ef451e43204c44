import ArgumentParser
import Glibc

/// The system's words for its error numbers.
enum SystemError {
    /// Such as "No space left on device".
    static func text(_ number: Int32) -> String {
        guard let text = strerror(number) else { return "error \(number)" }
        return String(cString: text)
    }
}

/// What is said on standard error when a command failed, and what the process exits with.
struct ErrorReport: Sendable {
    /// Whether `-o json` or `-o jsonl` is on the command line.
    let isJSON: Bool
    /// The verbs that were understood, such as `innkeeper installations list`.
    let commandPath: String

    /// What a thrown error means: text for standard output (help, version), an error to report, or only a status.
    enum Outcome: Hashable {
        case text(String)
        case status(Int32)
        case error(CommandError)
    }

    /// Sorts an error by what it means.
    func outcome(of error: any Error) -> Outcome {
        if case OutputError.closed = error { return .status(CommandStatus.ok.rawValue) }
        if let exit = error as? ExitCode { return .status(exit.rawValue) }
        switch InnkeeperCommand.exitCode(for: error) {
        case .success: return .text(InnkeeperCommand.fullMessage(for: error))
        case .validationFailure:
            let message = InnkeeperCommand.message(for: error)
            return .error(
                CommandError(
                    .usage, PrintableText.make(message.isEmpty ? "wrong usage" : Self.firstLine(of: message)),
                    hint: "see the usage with: \(commandPath) --help"))
        default: return .error(CommandError(error))
        }
    }

    /// An error as text or JSON, with a line feed at the end.
    func text(of error: CommandError) -> [UInt8] {
        if isJSON {
            // Text always encodes; should it not, the error is told in the other format.
            do { return try Self.json(error) } catch {}
        }
        let hint = error.hint.map { "hint: \(PrintableText.make($0))\n" } ?? ""
        return Array("innkeeper: \(PrintableText.make(error.message))\n\(hint)".utf8)
    }

    /// Writes an error to standard error. When even that fails there is nobody left to tell.
    func write(_ error: CommandError) {
        do { try StandardStream.error.write(text(of: error)) } catch { return }
    }

    /// `{"error":{"code","message","hint"}}` on one line.
    static func json(_ error: CommandError) throws -> [UInt8] {
        try JSONOutput.line(
            Body(error: Body.Detail(code: error.status.code, message: error.message, hint: error.hint)))
    }

    private struct Body: Encodable {
        struct Detail: Encodable {
            let code: String
            let message: String
            let hint: String?

            enum CodingKeys: CodingKey { case code, message, hint }

            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: CodingKeys.self)
                try container.encode(code, forKey: .code)
                try container.encode(message, forKey: .message)
                // Always there, null when there is none: a reader need not ask whether it exists.
                try container.encode(hint, forKey: .hint)
            }
        }
        let error: Detail
    }

    /// The parser's messages may have a help text below them.
    private static func firstLine(of text: String) -> String {
        text.split(separator: "\n").first.map(String.init) ?? text
    }
}
