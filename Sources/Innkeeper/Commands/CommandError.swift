import Installations
import PostgresStore
import SQLiteStore
import Sealing
import Store

/// How a command ended (contract.md section 4).
enum CommandStatus: Int32, CaseIterable, Sendable {
    case ok = 0
    case failure = 1
    case usage = 2
    case notFound = 3
    case notPermitted = 4
    case findings = 5
    case partial = 6
    case conflict = 7
    case unavailable = 69
    case configuration = 78
    case interrupted = 130

    /// The word for it in a JSON error.
    var code: String {
        switch self {
        case .ok: "ok"
        case .failure: "failure"
        case .usage: "usage"
        case .notFound: "not_found"
        case .notPermitted: "not_permitted"
        case .findings: "findings"
        case .partial: "partial"
        case .conflict: "conflict"
        case .unavailable: "unavailable"
        case .configuration: "configuration"
        case .interrupted: "interrupted"
        }
    }
}

/// Why a command failed: one line, and the next command where there is one. Safe to print: no token, key or body is
/// ever in it.
struct CommandError: Error, Hashable, Sendable {
    /// What the process exits with.
    let status: CommandStatus
    /// One line without a full stop.
    let message: String
    /// What to do about it.
    let hint: String?

    /// A failure of one kind.
    init(_ status: CommandStatus, _ message: String, hint: String? = nil) {
        self.status = status
        self.message = message
        self.hint = hint
    }

    /// What any error thrown below a command becomes.
    init(_ error: any Error) {
        switch error {
        case let error as CommandError: self = error
        case let error as SettingsError where error.isOfUsage:
            self.init(.usage, "\(error)", hint: error.hint)
        case let error as SettingsError: self.init(.configuration, "\(error)", hint: error.hint)
        case let error as StartupError:
            self.init(CommandStatus(rawValue: error.exitCode) ?? .failure, "\(error)", hint: error.hint)
        case let error as StoreError: self.init(StartupError(error))
        case let error as MoveError: self.init(StartupError(error))
        case let error as PostgresOpenError: self.init(StartupError(error))
        case let error as StoreOpenError: self.init(StartupError(error))
        case let error as SimulateError:
            self.init(CommandStatus(rawValue: error.exitCode) ?? .failure, error.message, hint: error.hint)
        case let error as ProcessHardeningError: self.init(.failure, "\(error)")
        case is CancellationError: self.init(.interrupted, "interrupted")
        case OutputError.failed(let number): self.init(.failure, "cannot write the output: \(SystemError.text(number))")
        // An unforeseen error's own text may hold anything, so only its type is named.
        default: self.init(.failure, "unexpected error (\(type(of: error)))")
        }
    }
}
