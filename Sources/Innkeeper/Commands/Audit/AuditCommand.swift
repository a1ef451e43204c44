import ArgumentParser
import Installations
import OperatorAPI

/// `audit`
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "The audit log: append-only, each line hashes the one before it.",
        discussion: """
            Examples:
              innkeeper audit list --since 7d
              innkeeper audit verify
            """,
        subcommands: [AuditListCommand.self, AuditVerifyCommand.self, AuditHeadCommand.self])
}

/// `audit list`
struct AuditListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List what was done, newest first.",
        discussion: """
            Examples:
              innkeeper audit list --limit 20
              innkeeper audit list --since 2026-01-31T00:00:00Z -o jsonl
            """)

    @Option(help: ArgumentHelp("An RFC 3339 time, or an age such as 30m, 12h or 7d.", valueName: "time"))
    var since: String?

    @OptionGroup var list: ListOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func validate() throws {
        guard let since, Since.parse(since) == nil else { return }
        throw ValidationError("--since must be \(Since.forms)")
    }

    func run() async throws {
        let options = self
        // Once for all pages: an age would otherwise move while the pages are read.
        let since = since.flatMap { Since.parse($0) }?.rfc3339
        try await OperatorSession.run(try deployment.settings()) { client in
            let terminal = Terminal(.output)
            try await options.list.write(
                options.output, columns: Self.columns, empty: "nothing in the audit log",
                fetch: { limit, cursor in
                    try await client.get(
                        OperatorPath(
                            "audit", query: [("since", since), ("limit", String(limit)), ("cursor", cursor)]),
                        as: AuditPageJSON.self)
                },
                row: { record in
                    [
                        String(record.number), Moment.cell(record.at, terminal: terminal), record.actor, record.action,
                        record.workspaceId ?? "", record.subject ?? record.addonId ?? "", record.outcome,
                        record.detail ?? "",
                    ]
                })
        }
    }

    private static let columns = [
        Column("NUMBER", .right), Column("WHEN"), Column("ACTOR"), Column("ACTION"), Column("WORKSPACE"),
        Column("SUBJECT"), Column("OUTCOME"), Column("DETAIL", mayShrink: true),
    ]
}

/// `audit verify`
struct AuditVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check the chain, and the rows it decides about; exit 5 with findings.",
        discussion: """
            A line that was changed, removed, inserted or moved shows. Lines cut off at the
            end show when rows name them, and for certain against a head that was kept
            elsewhere: keep what 'audit head' prints and give it back with --head. A
            restored backup has cut off what came after it. Then every row that decides
            something (installations, API keys, storage keys, the last rotation) is
            compared with the records that decided it.

            Examples:
              innkeeper audit verify
              innkeeper audit verify --head "$(tail -1 /safe/place/heads)"
            """)

    @Option(help: ArgumentHelp("A number and a hash, as 'audit head' printed them.", valueName: "head"))
    var head: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func validate() throws {
        guard let head, AuditHead(text: head) == nil else { return }
        throw ValidationError("--head must be a number, a space and a hash, as 'audit head' prints them")
    }

    func run() async throws {
        let head = self.head
        let verdict = try await OperatorSession.run(try deployment.settings()) { client in
            try await client.get(
                OperatorPath("audit", "verify", query: [("head", head)]), as: AuditVerdictJSON.self, isLong: true)
        }
        try output.write(verdict) { Self.text(verdict) }
        guard verdict.intact else { throw ExitCode(CommandStatus.findings.rawValue) }
    }
}

extension AuditVerifyCommand {
    /// The verdict for people.
    static func text(_ verdict: AuditVerdictJSON) -> String {
        let place = verdict.brokenAt ?? 0
        switch verdict.problem {
        case nil where verdict.intact: return "intact: \(verdict.records) records, head \(verdict.head ?? "-")\n"
        case "truncated":
            return "cut off: \(verdict.records) records are intact, record \(place) and those up to the head are gone\n"
        case "rewritten": return "rewritten: record \(place) is another than the one in the head\n"
        case "forged":
            let rows = (verdict.rows ?? []).map { "changed without the deployment's key: \(PrintableText.make($0))\n" }
            return "the chain of \(verdict.records) records is intact, but rows say what no record made them say\n"
                + rows.joined()
        default: return "broken at record \(place); \(verdict.records) records before it are intact\n"
        }
    }
}

/// `audit head`
struct AuditHeadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "head",
        abstract: "Print the number and hash of the newest line.",
        discussion: """
            Keep it where nobody who can reach the store can change it; it proves later
            that nothing was cut off.

            Examples:
              innkeeper audit head >> /safe/place/heads
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    /// The end of the chain.
    struct Head: Encodable {
        let number: Int64
        @Nullable var hash: String?
        @Nullable var at: String?
    }

    func run() async throws {
        let newest = try await OperatorSession.run(try deployment.settings()) { client in
            try await client.get(OperatorPath("audit", query: [("limit", "1")]), as: AuditPageJSON.self).records.first
        }
        let head = Head(number: newest?.number ?? 0, hash: newest?.hash, at: newest?.at)
        try output.write(head) { "\(head.number) \(head.hash ?? "-")\n" }
    }
}
