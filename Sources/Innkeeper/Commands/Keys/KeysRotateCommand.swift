import ArgumentParser
import Glibc
import OperatorAPI

/// `keys rotate`
struct KeysRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Change the storage key while serving: add, promote, rewrap, verify, retire.",
        discussion: """
            Run again after an interruption, it goes on where it stood. Run again within
            ten minutes after it finished, it says so and changes nothing; to change the
            key once more at once, add one first with 'keys add'. Installs, webhooks and
            uninstalls go on meanwhile.

            It verifies what it changed: each installation's key is opened once more under
            the new storage key. Exit 6 when some do not open: then the old key is not
            retired. What these keys have sealed stays as it is; 'keys verify' opens it.

            --reencrypt is for a suspected leak of the old key: every installation gets a
            fresh key of its own, and all its tokens, settings and waiting events are
            sealed anew and verified.

            It does not protect copies that somebody took earlier together with the old
            key, nor older backups.

            Examples:
              innkeeper keys rotate --dry-run
              innkeeper keys rotate
              innkeeper keys rotate --reencrypt --rate 500
              innkeeper keys rotate --rate 0 -o json
            """)

    @Flag(help: "Replace the installations' own keys too, and seal everything anew.")
    var reencrypt = false

    @Flag(help: "Say what would be done and about how long it takes, and change nothing.")
    var dryRun = false

    @OptionGroup var rate: RateOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func run() async throws {
        let command = "innkeeper keys rotate" + (reencrypt ? " --reencrypt" : "")
        let work = AwaitedWork(
            command: command, path: OperatorPath("keys", "rotate"),
            body: KeyWorkJSON(rate: rate.rate, reencrypt: reencrypt, dryRun: dryRun, processId: getpid()))
        let report = try await OperatorSession.run(try deployment.settings()) { client in
            try await work.run(client, as: RotationReportJSON.self)
        }
        let text = RotationText(report: report)
        try output.write(report) { dryRun ? text.plan : text.outcome }
        if !dryRun, report.corrupt == 0, report.standing != "finished" { StandardStream.note(text.advice) }
        if report.corrupt > 0 {
            StandardStream.note("key \(report.from) is not retired; see what does not open with: innkeeper keys verify")
            throw ExitCode(CommandStatus.partial.rawValue)
        }
    }
}

/// What a rotation has to say to people.
struct RotationText {
    let report: RotationReportJSON

    /// What it would do.
    var plan: String {
        if report.standing == "finished" { return finished }
        let verb = report.reencrypt ? "re-encrypt" : "rewrap"
        let left = report.installations - report.alreadyCurrent
        let begin = report.standing == "resumed" ? "would go on: " : "would "
        return "\(begin)\(verb) \(left) of \(report.installations) installations from \(report.from), verify all and"
            + " retire it, in about \(Moment.duration(seconds: (report.elapsedMs + 999) / 1000)); nothing was changed\n"
    }

    /// What it did.
    var outcome: String {
        if report.standing == "finished" { return finished }
        let moved = report.reencrypt ? "re-encrypted" : "rewrapped"
        return "rotated from \(report.from) to \(report.to): \(report.rewrapped) \(moved), \(report.alreadyCurrent)"
            + " current already, \(report.skipped) changed meanwhile, \(report.corrupt) do not open;"
            + " \(report.verified) verified in \(report.elapsedMs) ms\n"
    }

    private var finished: String {
        "the rotation from \(report.from) to \(report.to) has finished; nothing was changed\n"
            + "to change the key once more now, run: innkeeper keys add && innkeeper keys rotate\n"
    }

    /// What is left to do, and what a rotation cannot do.
    var advice: String {
        var advice = """
            Not protected by this: copies taken earlier together with key \(report.from), and older backups.
            Copy the new key file to a safe place, and make a backup. After seven days:
              innkeeper keys verify && innkeeper keys destroy \(report.from) --confirm \(report.from)
            """
        if !report.reencrypt {
            advice += "\nIf the old key may have leaked, run: innkeeper keys rotate --reencrypt"
        }
        return advice
    }
}
