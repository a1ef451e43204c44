import ArgumentParser
import Installations
import OperatorAPI
import Webhooks

/// `events`
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "The inbox: webhooks and lifecycle calls that were accepted.",
        discussion: """
            Examples:
              innkeeper events list --state dead
              innkeeper events show ID --body
              innkeeper events attempts ID
              innkeeper events replay --dead --since 2h
            """,
        subcommands: [
            EventsListCommand.self, EventsShowCommand.self, EventsAttemptsCommand.self, EventsReplayCommand.self,
        ])
}

/// `events list`
struct EventsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List events, newest first, without bodies.",
        discussion: """
            Examples:
              innkeeper events list --limit 20
              innkeeper events list --state dead --addon my-addon
              innkeeper events list --type NEW_TIME_ENTRY --since 2h
              innkeeper events list --workspace WORKSPACE -o jsonl

            A time is RFC 3339, a date, or how long ago: 30m, 12h, 7d. No index leads to
            the events of a type, an add-on or an installation alone: with -o json a page
            may end before it is full, then "searchedTo" says how far back was read.
            """)

    @Option(help: ArgumentHelp("Only this state: pending, leased, delivered or dead.", valueName: "state"))
    var state: String?

    @Option(help: ArgumentHelp("Only this type of event.", valueName: "name"))
    var type: String?

    @Option(help: ArgumentHelp("Only this add-on.", valueName: "key"))
    var addon: String?

    @Option(help: ArgumentHelp("Only this workspace.", valueName: "id"))
    var workspace: String?

    @Option(help: ArgumentHelp("Only this installation.", valueName: "id"))
    var installation: String?

    @Option(help: ArgumentHelp("Only those that arrived then or later.", valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Only those that arrived before.", valueName: "time"))
    var until: String?

    @OptionGroup var list: ListOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func validate() throws {
        if let workspace { try IDArgument.check(workspace, "--workspace") }
        if let installation { try IDArgument.check(installation, "--installation") }
        for (name, time) in [("--since", since), ("--until", until)] {
            if let time, Since.parse(time) == nil { throw ValidationError("\(name) must be \(Since.forms)") }
        }
        guard let state else { return }
        guard EventState(rawValue: state) != nil else {
            let known = EventState.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--state must be one of \(known)")
        }
    }

    func run() async throws {
        let options = self
        try await OperatorSession.run(try deployment.settings()) { client in
            let terminal = Terminal(.output)
            try await options.list.write(
                options.output, columns: Self.columns, empty: "no events",
                fetch: { try await client.get(options.path(limit: $0, cursor: $1), as: EventPageJSON.self) },
                row: { event in
                    [
                        event.id, event.type, event.state, event.addonKey, event.workspaceId,
                        Moment.cell(event.receivedAt, terminal: terminal), String(event.attempts),
                    ]
                })
        }
    }

    /// The page's path.
    func path(limit: Int, cursor: String?) -> OperatorPath {
        OperatorPath(
            "events",
            query: [
                ("state", state), ("type", type), ("addonKey", addon), ("workspaceId", workspace),
                ("addonId", installation), ("since", since.flatMap { Since.parse($0)?.rfc3339 }),
                ("until", until.flatMap { Since.parse($0)?.rfc3339 }), ("limit", String(limit)), ("cursor", cursor),
            ])
    }

    private static let columns = [
        Column("ID"), Column("TYPE"), Column("STATE"), Column("ADD-ON", mayShrink: true), Column("WORKSPACE"),
        Column("RECEIVED"), Column("ATTEMPTS", .right),
    ]
}
