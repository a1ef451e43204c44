import ArgumentParser

/// `installations show`
struct InstallationsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one installation: webhooks, last event, history, warnings.",
        discussion: """
            Examples:
              innkeeper installations show WORKSPACE
              innkeeper installations show WORKSPACE --addon my-addon -o json
            """)

    @OptionGroup var which: InstallationArguments
    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func run() async throws {
        let which = which
        let report = try await OperatorSession.run(try deployment.settings()) { client in
            try await InstallationReport.read(try await which.find(client), client)
        }
        try output.write(report) { report.text(terminal: Terminal(.output)) }
    }
}
