import ArgumentParser
import Installations
import OperatorAPI

/// `doctor`
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check the deployment; every finding with its fix. Exit 5 with findings.",
        discussion: """
            Works without a running server, and when the server does not start. The flags
            of settings, such as --platform-keys, are taken too: see serve --help.

            Examples:
              innkeeper doctor
              innkeeper doctor -o json
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func run() async throws {
        var findings: [CheckJSON] = []
        let checks = LocalChecks(directory: deployment.directory, flags: deployment.flags)
        let (local, settings) = checks.run()
        findings += local.map(CheckJSON.init)
        if let settings {
            let server = await Self.storeChecks(settings)
            // A server may have been started with other settings than this command: what it says of the same thing counts.
            findings = findings.map { finding in server.first { $0.name == finding.name } ?? finding }
            // What keeps the server from starting may be one of the findings already.
            let known = Set(findings.map(\.message))
            findings += server.filter { !known.contains($0.message) }
        }

        let report = DoctorJSON(checks: findings)
        try output.write(report) { Self.text(report, terminal: Terminal(.output)) }
        let isWell = findings.allSatisfy { $0.status == Finding.Status.ok.rawValue }
        guard isWell else { throw ExitCode(CommandStatus.findings.rawValue) }
    }

    /// What only the server can see; a server that cannot be asked is a finding too.
    private static func storeChecks(_ settings: Settings) async -> [CheckJSON] {
        do {
            return try await OperatorSession.run(settings) { client in
                try await client.get(OperatorPath("doctor"), as: DoctorJSON.self, isLong: true).checks
            }
        } catch {
            let error = CommandError(error)
            return [
                CheckJSON(
                    name: "server", status: Finding.Status.fail.rawValue, message: error.message,
                    fix: error.hint ?? "mend what the message names")
            ]
        }
    }

    /// The report for people.
    static func text(_ report: DoctorJSON, terminal: Terminal) -> String {
        report.checks.reduce(into: "") { text, check in
            let style: Terminal.Style =
                switch Finding.Status(rawValue: check.status) {
                case .ok: .green
                case .warn: .yellow
                case .fail, nil: .red
                }
            let padding = String(repeating: " ", count: max(0, 4 - check.status.count))
            text += terminal.styled(PrintableText.make(check.status), style) + padding
            text += "  \(PrintableText.make(check.name)): \(PrintableText.make(check.message))\n"
            if let fix = check.fix { text += "      fix: \(PrintableText.make(fix))\n" }
        }
    }
}
