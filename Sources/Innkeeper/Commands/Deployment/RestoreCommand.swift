import ArgumentParser
import FoundationEssentials
import Installations
import Logging
import OperatorAPI
import SQLiteStore
import Sealing

/// `restore`
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a deployment out of a backup; exit 5 while key files are missing.",
        discussion: """
            The data directory must be absent, empty, or hold nothing but keys/. Put the
            key files there first: they open the store, and they tell whether the backup
            is what was written. The backup is checked before anything is put in place.

            Examples:
              innkeeper restore today.backup --data-dir /var/lib/innkeeper
              innkeeper restore today.backup --keys-dir /mnt/keys
            """)

    @Argument(help: "The backup.", completion: .file())
    var file: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    /// What was put in place.
    struct Report: Encodable {
        struct Head: Encodable {
            let number: Int64
            let hash: String
        }
        let dataDir: String
        let madeAt: String
        let program: String
        let installations: Int64
        let auditHead: Head
        let keysDir: String
        let missingKeys: [String]
        let sealChecked: Bool
        /// Why it does not open yet; null when it does.
        @Nullable var problem: String?
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let working = FileManager.default.currentDirectoryPath
        let directory = try Settings.locate(deployment.directory.path, environment, working)
        let flags = deployment.flags.values
        let restoration = Restoration(
            file: Paths.absolute(file, from: working), directory: directory,
            keysDirectory: { configuration in
                let reader = SettingsReader(
                    layers: SettingLayers(flags: flags, environment: environment, file: configuration),
                    dataDirectory: directory.path, workingDirectory: working)
                try reader.checkStore()
                return try reader.path(.keysDir) ?? directory.keysDirectory
            }, now: .now())
        let restored = try await restoration.run()
        let problem = restored.missing.isEmpty ? await whyNotOpen() : "key files are missing"
        let report = Report(
            dataDir: directory.path, madeAt: restored.manifest.madeAt.rfc3339, program: restored.manifest.program,
            installations: restored.manifest.installations,
            auditHead: .init(number: restored.manifest.auditNumber, hash: Hex.text(restored.manifest.auditHash)),
            keysDir: restored.keysDirectory, missingKeys: restored.missing.map(\.description),
            sealChecked: restored.isSealChecked, problem: problem)
        try output.write(report) { text(report, terminal: Terminal(.output)) }
        guard problem == nil else { throw ExitCode(CommandStatus.findings.rawValue) }
    }

    /// Opens what was restored as `serve` will; nil when that works. The configuration may name files that only the other
    /// machine has.
    private func whyNotOpen() async -> String? {
        do {
            let settings = try deployment.settings()
            let logger = LogOutput.logger(level: .critical, format: settings.logFormat)
            try await Bootstrap.open(settings, logger: logger).store.close()
            return nil
        } catch {
            return CommandError(error).message
        }
    }

    private func text(_ report: Report, terminal: Terminal) -> String {
        var fields = Fields(terminal: terminal)
        fields.add("data directory", report.dataDir)
        fields.add("backup made", "\(report.madeAt), innkeeper \(report.program)")
        fields.add("installations", String(report.installations))
        fields.add("audit head", "\(report.auditHead.number) \(report.auditHead.hash)")
        var text = fields.text
        text += """

            Installs, uninstalls, new tokens, webhooks and API keys since then are not in it. The platform sends an
            install once: workspaces that installed since must install again. End those that left since:
              innkeeper installations forget WORKSPACE ID --confirm ID

            """
        if !report.missingKeys.isEmpty {
            text += "\nIt does not open yet. Put these files back from your copy, each of mode 0600:\n"
            for key in report.missingKeys { text += "  \(PrintableText.make(report.keysDir))/\(key).key\n" }
        } else if let problem = report.problem {
            text += "\nIt does not start yet: \(PrintableText.make(problem))\n"
        }
        if !report.sealChecked {
            text += """

                Without its key nobody can tell whether the backup was changed. To have it checked, move this data
                directory away, put the key file into an empty one's keys/, and restore again.

                """
        }
        if deployment.flags.keysDir != nil {
            text += "\nEvery later command wants the same --keys-dir; or set keys.dir in innkeeper.json.\n"
        }
        return text + "\nNext: innkeeper keys verify; innkeeper audit verify; innkeeper serve\n"
    }
}
