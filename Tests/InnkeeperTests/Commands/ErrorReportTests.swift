import ArgumentParser
import Foundation
import Testing

@testable import Innkeeper

@Suite struct ErrorReportTests {
    private static let report = ErrorReport(isJSON: false, commandPath: "innkeeper")

    private static func outcome(_ line: String) async -> ErrorReport.Outcome? {
        let order = ArgumentOrder(line.split(separator: " ").map(String.init), of: InnkeeperCommand.self)
        do {
            var command = try await InnkeeperCommand.asyncParseAsRoot(order.arguments)
            // The parser's own help command; those of ours would do something.
            if !(command is any AsyncParsableCommand) { try command.run() }
            return nil
        } catch {
            return report.outcome(of: error)
        }
    }

    @Test(arguments: [
        "frobnicate", "installations frobnicate", "installations list --limit 0", "installations list --limit x",
        "installations list --status GONE", "installations list --all --status ACTIVE", "installations show",
        "installations show a/b", "installations token w", "installations forget w a", "doctor -o xml",
        "installations forget w a --confirm b", "api-keys create --name n", "api-keys create --name n --scope root",
        "events show ../x", "events list --state lost", "audit list --since yesterday", "completions tcsh",
        "addons check", "keys frobnicate", "--frobnicate",
    ])
    func `wrong usage is exit 2`(_ line: String) async throws {
        guard case .error(let error) = await Self.outcome(line) else {
            Issue.record("not an error: \(line)")
            return
        }
        #expect(error.status == .usage)
        #expect(!error.message.isEmpty)
        #expect(!error.message.contains("\n"))
    }

    @Test func `a token needs a reason`() async {
        guard case .error(let error) = await Self.outcome("installations token w") else {
            Issue.record("accepted without a reason")
            return
        }
        #expect(error.message.contains("--reason"))
    }

    @Test func `help and version are no errors`() async {
        guard case .text(let help) = await Self.outcome("--help") else {
            Issue.record("help is no text")
            return
        }
        #expect(help.contains("Examples:"))
        #expect(await Self.outcome("--version") == .text(Version.current))
    }

    @Test func `every error of our own keeps its status`() {
        for status in CommandStatus.allCases {
            #expect(CommandError(CommandError(status, "x")).status == status)
            #expect(Self.report.outcome(of: CommandError(status, "x")) == .error(CommandError(status, "x")))
        }
        #expect(CommandStatus.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 6, 7, 69, 78, 130])
    }

    @Test func `errors from below have the contract's status`() {
        #expect(CommandError(StartupError.noDataDirectory("d")).status == .configuration)
        #expect(CommandError(StartupError.exists("d")).status == .conflict)
        #expect(CommandError(SettingsError.unreadableFile("f")).status == .configuration)
        #expect(CommandError(CancellationError()).status == .interrupted)
        #expect(CommandError(OutputError.failed(errno: 28)).status == .failure)
        #expect(Self.report.outcome(of: OutputError.closed) == .status(0))
        #expect(Self.report.outcome(of: ExitCode(5)) == .status(5))
    }

    @Test func `an unforeseen error's own text is not shown`() {
        struct Leaky: Error, CustomStringConvertible { let description = "secret-token" }
        #expect(!CommandError(Leaky()).message.contains("secret-token"))
    }

    @Test func `a JSON error has code, message and hint`() throws {
        let bytes = try ErrorReport.json(CommandError(.notFound, "no \"such\" thing\n"))
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"error":{"code":"not_found","hint":null,"message":"no \"such\" thing\n"}}"# + "\n")
    }
}
