import ArgumentParser
import OperatorAPI

/// `installations token`
struct InstallationsTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Print the installation token, and nothing else; audited.",
        discussion: """
            The token opens the workspace's data on the platform. Who read it, when and why
            is kept in the audit log. Only an ACTIVE installation's token is given.

            Examples:
              innkeeper installations token WORKSPACE --reason "support case 4711"
              TOKEN=$(innkeeper installations token WORKSPACE --reason debug)
            """)

    @OptionGroup var which: InstallationArguments

    @Option(help: ArgumentHelp("Why the token is read; goes into the audit log.", valueName: "text"))
    var reason: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func validate() throws {
        guard reason.contains(where: { !$0.isWhitespace }) else { throw ValidationError("--reason must say why") }
        guard reason.utf8.count <= 500 else { throw ValidationError("--reason is at most 500 bytes") }
    }

    func run() async throws {
        let (which, reason) = (which, reason)
        let answer = try await OperatorSession.run(try deployment.settings()) { client in
            let found = try await which.find(client)
            return try await client.post(
                .installation(found.fullName, "token"), ReasonJSON(reason: reason), as: TokenJSON.self)
        }
        try output.write(answer) { answer.token + "\n" }
    }
}
