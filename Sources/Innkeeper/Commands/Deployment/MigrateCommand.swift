import ArgumentParser
import Sealing
import Store
import Synchronization

/// `migrate`
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Move everything of one store into another, empty one.",
        discussion: """
            A store is sqlite, the file in the data directory, or a postgres:// URL, as
            for the setting store. A password belongs into ~/.pgpass, PGPASSWORD or a
            service file; the store that is configured may be named without its own.

            Nothing may serve either store meanwhile (exit 7). Every row is copied as it
            is and compared, and all that is sealed is opened in the new store with the
            key files, which stay where they are. Then the old store says that it was
            moved, and is not used any more (exit 78). To go back, move it back.

            Ended early, or killed, it goes on when it is run again. Until it has come to
            its end the old store is whole: whoever uses it ends the move, and the target
            must be emptied. Exit 6 when some values do not open; they did not before.

            Examples:
              innkeeper migrate --from sqlite --to postgres://ik@db.example.com/ik
              innkeeper migrate --from postgres://ik@db.example.com/ik --to sqlite
            """)

    @Option(help: ArgumentHelp("The store that has everything.", valueName: "store"))
    var from: String

    @Option(help: ArgumentHelp("The empty one.", valueName: "store"))
    var to: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    /// What was done.
    struct Report: Encodable {
        struct Table: Encodable {
            let name: String
            let rows: Int
        }
        let from: String
        let to: String
        let tables: [Table]
        let rows: Int
        let verified: Int64
        let corrupt: Int
        let elapsedMs: Int
    }

    func run() async throws {
        let source = try StoreChoice(from, from: .flag("--from"))
        let target = try StoreChoice(to, from: .flag("--to"))
        guard !source.isSame(as: target) else {
            throw CommandError(.usage, "--from and --to name the same store")
        }
        let settings = try deployment.settings()
        // The one that is configured may have a password, where no argument may.
        let configured = settings.store
        let move = StoreMove(
            settings: settings, source: configured.isSame(as: source) ? configured : source,
            target: configured.isSame(as: target) ? configured : target)
        let (start, bars) = (ContinuousClock.now, MoveBars())
        let made: MoveReport
        do {
            made = try await move.run { bars.show($0) }
        } catch {
            bars.finish()
            if error is CancellationError { StandardStream.note("what has arrived stays; go on with: \(command)") }
            throw error
        }
        bars.finish()
        let report = Report(
            from: source.name, to: target.name, tables: made.tables.map { .init(name: $0.name, rows: $0.rows) },
            rows: made.rows, verified: made.verified, corrupt: made.corrupt,
            elapsedMs: Int((ContinuousClock.now - start) / .milliseconds(1)))
        try output.write(report) { text(report, made, target, settings) }
        if made.corrupt > 0 {
            StandardStream.note(
                "what does not open, or is not authentic, was like that before; see: innkeeper keys verify, audit verify"
            )
            throw ExitCode(CommandStatus.partial.rawValue)
        }
    }

    private var command: String {
        "innkeeper migrate --from \(ShellWord.quote(PrintableText.make(from))) --to \(ShellWord.quote(PrintableText.make(to)))"
    }

    private func text(_ report: Report, _ made: MoveReport, _ target: StoreChoice, _ settings: Settings) -> String {
        let file = PrintableText.make(settings.dataDirectory.configurationFile)
        let place = PrintableText.make(report.to)
        let setting: String
        switch target {
        case .sqlite: setting = #"let "store" be "sqlite" in \#(file), or unset INNKEEPER_STORE"#
        case .postgres: setting = #"put "store": {"url": "\#(place)"} into \#(file), or set INNKEEPER_STORE"#
        }
        let outcome =
            made.wasDone
            ? "everything is in \(place) already\n"
            : "moved \(report.rows) rows to \(place): \(report.verified) sealed values opened, \(report.corrupt) do not\n"
        return outcome + """

            Next: \(setting), unless it says so already; then
              innkeeper serve\(deployment.directory.option(settings.dataDirectory.path))
            The old store is marked and not used any more. It still holds every secret, sealed: erase it when you have
            a backup of the new one.

            """
    }
}

/// One bar for each phase of a move.
private final class MoveBars: Sendable {
    private let shown = Mutex<(phase: MoveProgress.Phase, bar: ProgressBar, done: Int)?>(nil)

    func show(_ progress: MoveProgress) {
        shown.withLock { shown in
            if shown?.phase != progress.phase {
                shown?.bar.finish()
                shown = (progress.phase, ProgressBar(title: progress.phase.rawValue, total: progress.total), 0)
            }
            shown?.bar.advance(by: progress.done - (shown?.done ?? 0))
            shown?.done = progress.done
        }
    }

    func finish() { shown.withLock { $0?.bar.finish() } }
}
