import ArgumentParser

/// `installations`
struct InstallationsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "installations",
        abstract: "Who is installed where; tokens; operator-side uninstalls.",
        discussion: """
            Examples:
              innkeeper installations list
              innkeeper installations show WORKSPACE
            """,
        subcommands: [
            InstallationsListCommand.self, InstallationsShowCommand.self, InstallationsTokenCommand.self,
            InstallationsForgetCommand.self,
        ])
}
