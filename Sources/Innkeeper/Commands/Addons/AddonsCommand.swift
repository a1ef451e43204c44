import ArgumentParser
import Marketplace
import OperatorAPI

/// `addons`
struct AddonsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "addons",
        abstract: "Manifests: routes, events, warnings.",
        discussion: """
            Examples:
              innkeeper addons list
              innkeeper addons check manifest.json
            """,
        subcommands: [AddonsListCommand.self, AddonsCheckCommand.self])
}

/// `addons list`
struct AddonsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the add-ons this deployment has a manifest for.",
        discussion: """
            Examples:
              innkeeper addons list
              innkeeper addons list -o json
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func run() async throws {
        let addons = try await OperatorSession.run(try deployment.settings()) { client in
            try await client.get(OperatorPath("addons"), as: [AddonJSON].self)
        }
        try output.write(
            addons,
            columns: [
                Column("KEY"), Column("NAME", mayShrink: true), Column("BASE URL", mayShrink: true),
                Column("LIFECYCLE", .right), Column("WEBHOOKS", .right), Column("WARNINGS", .right),
            ],
            empty: "no add-ons\nhint: put a manifest into addons/ in the data directory and restart the server"
        ) { addon in
            [
                addon.key, addon.name, addon.baseUrl, String(addon.lifecycle.count), String(addon.webhooks.count),
                String(addon.warnings.count),
            ]
        }
    }
}

/// `addons check`
struct AddonsCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a manifest file: routes, events, warnings.",
        discussion: """
            Needs no data directory. Exit 0 when all is well, 5 with warnings, 78 when it
            cannot be served.

            Examples:
              innkeeper addons check manifest.json
            """)

    @Argument(help: ArgumentHelp("The manifest.", valueName: "file"), completion: .file(extensions: ["json"]))
    var file: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func run() async throws {
        let manifest: Manifest
        do {
            manifest = try Manifests.read(file)
            _ = try RouteTable([manifest])
        } catch {
            // The usual hint for a bad manifest is this very command.
            throw CommandError(.configuration, "\(StartupError(error))")
        }
        let addon = AddonJSON(manifest)
        try output.write(addon) { Self.text(addon, terminal: Terminal(.output)) }
        guard addon.warnings.isEmpty else { throw ExitCode(CommandStatus.findings.rawValue) }
    }

    static func text(_ addon: AddonJSON, terminal: Terminal) -> String {
        var fields = Fields(terminal: terminal)
        fields.add("key", addon.key)
        fields.add("name", addon.name)
        fields.add("base url", addon.baseUrl)
        var text = fields.text
        let routes =
            addon.lifecycle.map { ["lifecycle", $0.type, $0.path] }
            + addon.webhooks.map { ["webhook", $0.type, $0.path] }
        if !routes.isEmpty {
            var table = Table([Column("ROUTE"), Column("TYPE"), Column("PATH", mayShrink: true)], terminal: terminal)
            text += "\n" + table.render(routes)
        }
        if !addon.warnings.isEmpty { text += "\n" }
        for warning in addon.warnings {
            text += terminal.styled("warning", .yellow) + ": \(PrintableText.make(warning))\n"
        }
        return text
    }
}
