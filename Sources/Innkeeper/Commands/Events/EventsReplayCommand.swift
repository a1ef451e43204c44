import ArgumentParser
import Installations
import OperatorAPI

/// `events replay`
struct EventsReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Deliver dead events again; they take their old places in the order.",
        discussion: """
            A pending event that waits for its next attempt is tried at once. Every replay
            is audited. A dead event whose installation has ended stays dead once the end
            itself was delivered: nothing may follow it.

            Examples:
              innkeeper events replay ID
              innkeeper events replay --dead --addon my-addon
              innkeeper events replay --dead --since 2h
            """)

    @Argument(help: ArgumentHelp("The event.", valueName: "id"))
    var id: String?

    @Flag(help: "All dead events.")
    var dead = false

    @Option(help: ArgumentHelp("With --dead: only this add-on.", valueName: "key"))
    var addon: String?

    @Option(
        help: ArgumentHelp(
            "With --dead: only those that died since: RFC 3339, a date, or an age such as 90m, 12h, 7d.",
            valueName: "time"))
    var since: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    /// What was replayed.
    struct Report: Encodable, Sendable {
        var replayed = 0
        var closed = 0
    }

    func validate() throws {
        guard (id != nil) != dead else { throw ValidationError("give an event's id or --dead, one of the two") }
        if let id { try IDArgument.check(id, "id") }
        guard dead || (addon == nil && since == nil) else {
            throw ValidationError("--addon and --since belong to --dead")
        }
        if let since, Since.parse(since) == nil {
            throw ValidationError("--since must be \(Since.forms)")
        }
    }

    func run() async throws {
        let (id, addon) = (id, addon)
        let since = since.flatMap { Since.parse($0) }?.rfc3339
        let report = try await OperatorSession.run(try deployment.settings()) { client in
            guard let id else { return try await Self.replayAll(addon, since, client) }
            try await client.post(OperatorPath("events", id, "replay"))
            return Report(replayed: 1)
        }
        try output.write(report) {
            report.closed == 0
                ? "\(report.replayed) replayed\n"
                : "\(report.replayed) replayed, \(report.closed) left: their installations have ended\n"
        }
    }

    /// Batch by batch, so that neither the server nor Ctrl-C waits for a million.
    private static func replayAll(
        _ addon: String?, _ since: String?, _ client: OperatorClient
    ) async throws -> Report {
        var report = Report()
        var after: String?
        repeat {
            try Task.checkCancellation()
            let batch = try await client.post(
                OperatorPath("events", "replay"),
                ReplayRequestJSON(
                    addonKey: addon, since: since, after: after, all: addon == nil && since == nil ? true : nil),
                as: ReplayBatchJSON.self)
            report.replayed += batch.replayed
            report.closed += batch.closed
            after = batch.after
        } while after != nil
        return report
    }
}
