import ArgumentParser
import OperatorAPI

/// `events show`
struct EventsShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one event; with --body its body's bytes and nothing else.",
        discussion: """
            A body is the tenant's data, so reading one is audited. It is written exactly
            as it was received.

            Examples:
              innkeeper events show ID
              innkeeper events show ID --body > event.json
            """)

    @Argument(help: ArgumentHelp("The event.", valueName: "id"))
    var id: String

    @Flag(help: "Write the body; audited.")
    var body = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func validate() throws {
        try IDArgument.check(id, "id")
    }

    func run() async throws {
        let settings = try deployment.settings()
        let id = id
        if body {
            let bytes = try await OperatorSession.run(settings) { client in
                try await client.bytes(OperatorPath("events", id, "body"))
            }
            return try StandardStream.output.write(bytes)
        }
        let event = try await OperatorSession.run(settings) { client in
            try await client.get(OperatorPath("events", id), as: EventDetailJSON.self)
        }
        try output.write(event) { Self.text(event, terminal: Terminal(.output)) }
    }

    private static func text(_ event: EventDetailJSON, terminal: Terminal) -> String {
        var fields = Fields(terminal: terminal)
        fields.add("id", event.id)
        fields.add("type", event.type)
        fields.add("state", event.state)
        fields.add("add-on", event.addonKey)
        fields.add("workspace", event.workspaceId)
        fields.add("installation", event.addonId)
        fields.add("received", Moment.detail(event.receivedAt, terminal: terminal))
        fields.add("attempts", String(event.attempts))
        if let next = event.nextAttemptAt {
            fields.add(
                event.state == "leased" ? "leased until" : "next attempt", Moment.detail(next, terminal: terminal))
        }
        if let failure = event.lastFailure { fields.add("last failure", failure) }
        if let settled = event.settledAt { fields.add(event.state, Moment.detail(settled, terminal: terminal)) }
        if let replayed = event.replayedAt { fields.add("replayed", Moment.detail(replayed, terminal: terminal)) }
        return fields.text
    }
}
