import ArgumentParser
import OperatorAPI

/// `keys rotate`
struct KeysRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Change the storage key while serving: add, promote, rewrap, verify, retire.",
        discussion: """
            Run again after an interruption, it goes on where it stood. Installs, webhooks
            and uninstalls go on meanwhile. Exit 6 when some rows do not open: then the old
            key is not retired.

            It does not protect copies that somebody took earlier together with the old
            key, nor older backups.

            Examples:
              innkeeper keys rotate --dry-run
              innkeeper keys rotate
              innkeeper keys rotate --rate 500 -o json
            """)

    @Flag(help: "Say what would be done, and change nothing.")
    var dryRun = false

    @OptionGroup var rate: RateOption
    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func run() async throws {
        let (rows, dryRun) = (rate.rate, dryRun)
        let report = try await OperatorSession.run(try deployment.settings()) { client in
            try await KeyRotation(work: KeyWork(client: client, rate: rows)).run(dryRun: dryRun)
        }
        try output.write(report) { Self.text(report, dryRun: dryRun) }
        if !dryRun, report.corrupt == 0 {
            StandardStream.note(
                "Not protected by this: copies taken earlier together with key \(report.from), and older backups.\n"
                    + "Copy the new key file to a safe place. After seven days: innkeeper keys destroy \(report.from)"
                    + " --confirm \(report.from)")
        }
        if report.corrupt > 0 { throw ExitCode(CommandStatus.partial.rawValue) }
    }

    static func text(_ report: KeyRotation.Report, dryRun: Bool) -> String {
        if dryRun {
            return
                "would rewrap \(report.installations - report.alreadyCurrent) of \(report.installations) installations"
                + " from \(report.from), then verify all and retire it; nothing was changed\n"
        }
        return "rotated from \(report.from) to \(report.to): \(report.rewrapped) rewrapped, \(report.alreadyCurrent)"
            + " current already, \(report.skipped) changed meanwhile, \(report.corrupt) do not open;"
            + " \(report.verified) verified in \(report.elapsedMs) ms\n"
    }
}

/// One rotation, from wherever it stands.
struct KeyRotation: Sendable {
    /// What a rotation did (contract.md section 4).
    struct Report: Encodable, Sendable {
        var from: String
        var to: String
        var installations: Int
        var rewrapped = 0
        var alreadyCurrent: Int
        var skipped = 0
        var corrupt = 0
        var verified = 0
        var elapsedMs = 0
    }

    let work: KeyWork

    func run(dryRun: Bool) async throws -> Report {
        let start = ContinuousClock.now
        let keys = try await work.client.get(OperatorPath("keys"), as: [StorageKeyJSON].self)
        guard let primary = keys.first(where: { $0.state == "primary" }) else {
            throw CommandError(.configuration, "the store has no primary key", hint: "see: innkeeper keys list")
        }
        let all = keys.reduce(0) { $0 + Int($1.installations) }
        // A key that is retiring still is a rotation that did not end; then its successor is the primary already.
        let unfinished = keys.first { $0.state == "retiring" }
        var report = Report(
            from: unfinished?.id ?? primary.id, to: unfinished == nil ? "" : primary.id, installations: all,
            alreadyCurrent: unfinished == nil ? 0 : Int(primary.installations))
        if dryRun { return report }

        if unfinished == nil { report.to = try await promoteSuccessor(keys) }
        let done = try await KeysRewrapCommand.rewrapAll(work)
        report.rewrapped = done.rewrapped
        report.skipped = done.overtaken
        let verified = try await work.verify(installations: all)
        report.verified = verified.installations
        report.corrupt = max(done.damaged, verified.damaged.count + verified.more)
        if report.corrupt == 0 { try await retireOld() }
        report.elapsedMs = Int((ContinuousClock.now - start) / .milliseconds(1))
        return report
    }

    /// A key that waits prepared was added by hand or by a rotation that was interrupted: it is taken before another.
    private func promoteSuccessor(_ keys: [StorageKeyJSON]) async throws -> String {
        let successor: StorageKeyJSON
        if let prepared = keys.last(where: { $0.state == "prepared" }) {
            successor = prepared
        } else {
            successor = try await work.client.post(OperatorPath("keys"), KeyStepJSON(), as: StorageKeyJSON.self)
        }
        return try await work.client.post(
            OperatorPath("keys", successor.id, "promote"), KeyStepJSON(), as: StorageKeyJSON.self
        ).id
    }

    private func retireOld() async throws {
        for key in try await work.client.get(OperatorPath("keys"), as: [StorageKeyJSON].self)
        where key.state == "retiring" {
            _ = try await work.client.post(
                OperatorPath("keys", key.id, "retire"), KeyStepJSON(), as: StorageKeyJSON.self)
        }
    }
}
