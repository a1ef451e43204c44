import ArgumentParser
import OperatorAPI

/// `targets`
struct TargetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "targets",
        abstract: "Where events are pushed: how that goes, pause and resume.",
        discussion: """
            Examples:
              innkeeper targets list
              innkeeper targets pause my-addon
              innkeeper targets resume my-addon
            """,
        subcommands: [TargetsListCommand.self, TargetsPauseCommand.self, TargetsResumeCommand.self])
}

/// `targets list`
struct TargetsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the targets, and what the last hour brought there.",
        discussion: """
            What was delivered and how fast is the server's own knowledge, since its start.

            Examples:
              innkeeper targets list
              innkeeper targets list -o json
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func run() async throws {
        let answer = try await OperatorSession.run(try deployment.settings()) { client in
            try await client.get(OperatorPath("targets"), as: TargetsJSON.self)
        }
        guard output.format != .json else { return try StandardStream.output.write(try JSONOutput.pretty(answer)) }
        let terminal = Terminal(.output)
        try output.write(
            answer.targets,
            columns: [
                Column("ADD-ON", mayShrink: true), Column("NAME"), Column("STATE"), Column("DELIVERED", .right),
                Column("FAILED", .right), Column("P50 MS", .right), Column("P99 MS", .right), Column("LAST DELIVERY"),
                Column("LAST FAILURE", mayShrink: true),
            ],
            empty: "nothing is pushed\nhint: name a forward URL in innkeeper.json, see the README"
        ) { target in
            [
                target.addonKey, target.name, target.state, String(target.delivered), String(target.failed),
                target.latencyMs.map { String($0.p50) } ?? "-", target.latencyMs.map { String($0.p99) } ?? "-",
                Moment.cell(target.lastDeliveryAt, terminal: terminal), target.lastFailure ?? "-",
            ]
        }
    }
}

/// A target on the command line.
struct TargetArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("The add-on.", valueName: "add-on"))
    var addon: String

    @Argument(help: ArgumentHelp("The target's name.", valueName: "name"))
    var name = "default"

    func path(_ action: String) -> OperatorPath { OperatorPath("targets", addon, name, action) }
}

/// `targets pause`
struct TargetsPauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Push nothing to a target until it is resumed; events wait in the inbox.",
        discussion: """
            What is under way ends. A restart keeps the pause.

            Examples:
              innkeeper targets pause my-addon
            """)

    @OptionGroup var target: TargetArguments
    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func run() async throws {
        let target = target
        try await OperatorSession.run(try deployment.settings()) { client in
            try await client.post(target.path("pause"))
        }
        try output.write(["paused": target.addon]) {
            "paused \(PrintableText.make(target.addon))\nhint: innkeeper targets resume \(PrintableText.make(target.addon))\n"
        }
    }
}

/// `targets resume`
struct TargetsResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Push to a target again, what waits first.",
        discussion: """
            Examples:
              innkeeper targets resume my-addon
            """)

    @OptionGroup var target: TargetArguments
    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func run() async throws {
        let target = target
        try await OperatorSession.run(try deployment.settings()) { client in
            try await client.post(target.path("resume"))
        }
        try output.write(["resumed": target.addon]) { "resumed \(PrintableText.make(target.addon))\n" }
    }
}
