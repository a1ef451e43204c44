import ArgumentParser

/// `simulate`: a stand-in platform for development.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "A stand-in platform for development: signed installs, webhooks and uninstalls.",
        discussion: """
            The stand-in platform signs with a key of its own, which a server trusts only
            when told to with --platform-keys. It keeps no state: workspace number 17 has
            the same ids and tokens every time.

            Examples:
              innkeeper simulate demo
              innkeeper simulate keys innkeeper-simulate
            """,
        subcommands: [
            SimulateKeysCommand.self, SimulateInstallCommand.self, SimulateStatusCommand.self,
            SimulateSettingsCommand.self, SimulateWebhookCommand.self, SimulateUninstallCommand.self,
            SimulateDemoCommand.self,
        ])
}
