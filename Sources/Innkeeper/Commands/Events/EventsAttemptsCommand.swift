import ArgumentParser
import OperatorAPI

/// `events attempts`
struct EventsAttemptsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attempts",
        abstract: "List the attempts to deliver an event, oldest first.",
        discussion: """
            Of many attempts the first 20 and the last 20 are kept. Of an event that was
            delivered at once only the time is known.

            Examples:
              innkeeper events attempts ID
            """)

    @Argument(help: ArgumentHelp("The event.", valueName: "id"))
    var id: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func validate() throws {
        try IDArgument.check(id, "id")
    }

    func run() async throws {
        let id = id
        let answer = try await OperatorSession.run(try deployment.settings()) { client in
            try await client.get(OperatorPath("events", id, "attempts"), as: AttemptsJSON.self)
        }
        guard output.format != .json else { return try StandardStream.output.write(try JSONOutput.pretty(answer)) }
        let terminal = Terminal(.output)
        try output.write(
            answer.attempts,
            columns: [
                Column("AT"), Column("TARGET"), Column("STATUS", .right), Column("MS", .right),
                Column("ERROR", mayShrink: true),
            ], empty: "no attempt yet"
        ) { attempt in
            [
                Moment.cell(attempt.at, terminal: terminal), attempt.target ?? "-",
                attempt.status.map(String.init) ?? "-", attempt.durationMs.map(String.init) ?? "-",
                attempt.error ?? "delivered",
            ]
        }
    }
}
