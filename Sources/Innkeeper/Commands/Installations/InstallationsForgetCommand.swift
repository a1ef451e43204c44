import ArgumentParser
import OperatorAPI

/// `installations forget`
struct InstallationsForgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Uninstall from this side: its secrets are erased, a tombstone stays.",
        discussion: """
            For an uninstall that the platform never announced. It cannot be undone: the
            platform must install again.

            Examples:
              innkeeper installations forget WORKSPACE 66aa01 --confirm 66aa01
            """)

    @Argument(help: ArgumentHelp("The workspace.", valueName: "workspaceId"))
    var workspaceID: String

    @Argument(help: ArgumentHelp("The installation.", valueName: "addonId"))
    var addonID: String

    @Option(help: ArgumentHelp("The addonId once more.", valueName: "addonId"))
    var confirm: String

    @Option(help: ArgumentHelp("The add-on, when the workspace has several.", valueName: "key"))
    var addon: String?

    @Option(help: ArgumentHelp("Why; goes into the audit log.", valueName: "text"))
    var reason: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func validate() throws {
        try IDArgument.check(workspaceID, "workspaceId")
        try IDArgument.check(addonID, "addonId")
        guard confirm == addonID else { throw ValidationError("--confirm must repeat the addonId; nothing was done") }
    }

    func run() async throws {
        let reason = ReasonJSON(reason: reason)
        let lookup = InstallationLookup(workspaceID: workspaceID, addonID: addonID, addonKey: addon)
        let answer = try await OperatorSession.run(try deployment.settings()) { client in
            let found = try await lookup.find { try await client.get($0) }
            return try await client.post(.installation(found.fullName, "forget"), reason, as: ForgottenJSON.self)
        }
        try output.write(answer) {
            "forgot installation \(addonID) in workspace \(workspaceID); its secrets are erased\n"
        }
    }
}
