import ArgumentParser
import Installations
import OperatorAPI

/// `installations list`
struct InstallationsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List installations, newest first; live ones unless told otherwise.",
        discussion: """
            Live are ACTIVE and INACTIVE. --all adds those that ended, SUPERSEDED and
            DELETED.

            Examples:
              innkeeper installations list
              innkeeper installations list --workspace WORKSPACE --all
              innkeeper installations list --addon my-addon -o json --limit 500
              innkeeper installations list --all -o jsonl | jq -r .workspaceId
            """)

    @Option(help: ArgumentHelp("Only this add-on.", valueName: "key"))
    var addon: String?

    @Option(help: ArgumentHelp("Only this workspace.", valueName: "id"))
    var workspace: String?

    @Option(help: ArgumentHelp("Only this status: ACTIVE, INACTIVE, SUPERSEDED or DELETED.", valueName: "status"))
    var status: String?

    @Flag(help: "Ended ones too.")
    var all = false

    @OptionGroup var list: ListOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func validate() throws {
        if let workspace { try IDArgument.check(workspace, "--workspace") }
        guard let status else { return }
        if all { throw ValidationError("--all and --status exclude each other") }
        guard InstallationStatus(rawValue: status.uppercased()) != nil else {
            let known = InstallationStatus.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--status must be one of \(known)")
        }
    }

    func run() async throws {
        let options = self
        try await OperatorSession.run(try deployment.settings()) { client in
            try await options.list.write(
                options.output, columns: Self.columns, empty: options.empty,
                fetch: { limit, cursor in
                    try await client.get(options.path(limit: limit, cursor: cursor), as: InstallationPageJSON.self)
                },
                row: Self.row(terminal: Terminal(.output)))
        }
    }

    /// The page's path.
    func path(limit: Int, cursor: String?) -> OperatorPath {
        OperatorPath(
            "installations",
            query: [
                ("addonKey", addon), ("workspaceId", workspace),
                ("status", status?.uppercased() ?? (all ? "all" : "live")),
                ("limit", String(limit)), ("cursor", cursor),
            ])
    }

    private var empty: String {
        if addon != nil || workspace != nil || status != nil { return "no such installations" }
        return """
            no installations yet
            hint: give the platform the manifest's address, or try it with: innkeeper simulate demo
            """
    }

    static let columns = [
        Column("ADD-ON", mayShrink: true), Column("WORKSPACE"), Column("INSTALLATION"), Column("STATUS"),
        Column("INSTALLED"), Column("WEBHOOKS", .right), Column("KEY"),
    ]

    static func row(terminal: Terminal, now: Timestamp = .now()) -> (InstallationJSON) -> [String] {
        { one in
            [
                one.addonKey, one.workspaceId, one.addonId, one.status,
                Moment.cell(one.installedAt, terminal: terminal, now: now), String(one.webhooks.count),
                one.storageKey ?? "",
            ]
        }
    }
}
