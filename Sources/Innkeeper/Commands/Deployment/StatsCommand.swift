import ArgumentParser
import OperatorAPI

/// `stats`
struct StatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "How everything stands: what needs you, and what happened.",
        discussion: """
            Examples:
              innkeeper stats
              innkeeper stats --window 24h -o json
            """)

    @Option(help: ArgumentHelp("1h, 24h or 30d.", valueName: "window"))
    var window = StatisticsWindow.hour.rawValue

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func validate() throws {
        guard StatisticsWindow(rawValue: window) != nil else {
            throw ValidationError("--window must be 1h, 24h or 30d")
        }
    }

    func run() async throws {
        let window = window
        let stats = try await OperatorSession.run(try deployment.settings()) { client in
            try await client.get(OperatorPath("stats", query: [("window", window)]), as: StatsJSON.self)
        }
        try output.write(stats) { Self.text(stats, terminal: Terminal(.output)) }
    }

    private static func text(_ stats: StatsJSON, terminal: Terminal) -> String {
        var text = ""
        for one in stats.attention {
            let message = PrintableText.make(one.message)
            text += "\(one.severity): \(message)\n  \(PrintableText.make(one.remedy))\n"
        }
        let isWhole = stats.figures.installations != nil && stats.series != nil
        if stats.attention.isEmpty { text += isWhole ? "nothing needs you\n" : "not everything could be read\n" }
        text += "\n"
        let figures = stats.figures
        func number(_ value: Int64?) -> String? { value.map(String.init) }
        var fields = Fields(terminal: terminal)
        fields.add("accepted, \(stats.window)", number(figures.accepted))
        fields.add("delivered", number(figures.delivered))
        fields.add("tried again", number(figures.retried))
        fields.add("given up", number(figures.givenUp))
        fields.add("refused", number(figures.refused))
        let reasons = (stats.series?.refused ?? [:]).mapValues { $0.reduce(0, +) }.sorted {
            ($1.value, $0.key) < ($0.value, $1.key)
        }
        for (reason, count) in reasons.prefix(5) { fields.add("  \(PrintableText.make(reason))", String(count)) }
        fields.add("waiting now", String(figures.waiting))
        fields.add("oldest waiting", Moment.detail(figures.oldestWaitingAt, terminal: terminal))
        fields.add("dead letters", number(figures.dead))
        for (status, count) in (figures.installations ?? [:]).sorted(by: { $0.key < $1.key }) {
            fields.add("\(status.lowercased()) installations", String(count))
        }
        fields.add("newest backup", Moment.detail(figures.newestBackupAt, terminal: terminal))
        return text + fields.text
    }
}
