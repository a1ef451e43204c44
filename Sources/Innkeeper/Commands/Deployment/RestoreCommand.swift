import ArgumentParser
import FoundationEssentials
import Installations
import Logging
import OperatorAPI
import PostgresStore
import SQLiteStore
import Sealing
import Store

/// `restore`
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a deployment out of a backup; exit 5 while key files are missing.",
        discussion: """
            The data directory must be absent, empty, or hold nothing but keys/. Put the
            key files there first: they open the store, and they tell whether the backup
            is what was written. That is checked before anything in it is read.

            Without the key nobody can tell, and the backup is refused. With --unverified
            it is kept beside the store's place, unread, and the first command that finds
            the key checks it and puts it in place.

            Whatever store it is of, it becomes the one that the settings name: a file in
            the data directory, or rows in an empty database. The configuration in it may
            name the database it comes from, which --store overrules.

            The flags of settings, such as --keys-dir, are taken too: see serve --help.

            Examples:
              innkeeper restore today.backup --data-dir /var/lib/innkeeper
              innkeeper restore today.backup --keys-dir /mnt/keys
              innkeeper restore today.backup --store sqlite
              innkeeper restore today.backup --store postgres://ik@db.example.com/ik
            """)

    @Argument(help: "The backup.", completion: .file())
    var file: String

    @Flag(help: "Take a backup that cannot be checked now; it is checked before its first use.")
    var unverified = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    /// What was put in place.
    struct Report: Encodable {
        struct Head: Codable {
            let number: Int64
            let hash: String
        }
        let dataDir: String
        // Null while nobody can tell whether the backup is genuine: nothing of it was read.
        @Nullable var madeAt: String?
        @Nullable var program: String?
        @Nullable var installations: Int64?
        @Nullable var auditHead: Head?
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
        let named = try SettingsReader(
            layers: SettingLayers(
                flags: flags, environment: environment, file: ConfigurationFile(none: directory.configurationFile)),
            dataDirectory: directory.path, workingDirectory: working
        ).namedStore()
        let restoration = Restoration(
            file: Paths.absolute(file, from: working), directory: directory, mayWait: unverified, store: named,
            keysDirectory: { configuration in
                let reader = SettingsReader(
                    layers: SettingLayers(flags: flags, environment: environment, file: configuration),
                    dataDirectory: directory.path, workingDirectory: working)
                try Self.checkIsFree(try reader.store())
                return try reader.path(.keysDir) ?? directory.keysDirectory
            }, now: .now())
        let restored = try await restoration.run()
        if restored.isComplete { try await move() }
        let problem = restored.isComplete ? await whyNotOpen() : "key files are missing"
        let manifest = restored.manifest
        let report = Report(
            dataDir: directory.path, madeAt: manifest?.madeAt.rfc3339, program: manifest?.program,
            installations: manifest?.installations,
            auditHead: manifest.map { .init(number: $0.auditNumber, hash: Hex.text($0.auditHash)) },
            keysDir: restored.keysDirectory, missingKeys: restored.missing.map(\.description),
            sealChecked: restored.isSealChecked, problem: problem)
        try output.write(report) { text(report, isStoreNamed: named != nil, terminal: Terminal(.output)) }
        guard problem == nil else { throw ExitCode(CommandStatus.findings.rawValue) }
    }

    /// Refuses a database with something in it before anything is made.
    private static func checkIsFree(_ store: StoreChoice) throws {
        guard case .postgres(let address, _) = store else { return }
        do {
            try PostgresStore.checkIsFree(address)
        } catch PostgresOpenError.isDeployment {
            throw CommandError(
                .conflict, "\(store.name) has something in it already and is left as it is",
                hint: "name an empty database, or the file in the data directory with --store sqlite")
        }
    }

    /// Has the rows go where the settings say, once they are an embedded store.
    private func move() async throws {
        let settings = try deployment.settings()
        do {
            try await RestoredMove(settings: settings).run()
        } catch let error where !(error is CancellationError) {
            let found = CommandError(StartupError(error))
            throw CommandError(
                found.status, "the backup is in \(settings.dataDirectory.path), but not moved: \(found.message)",
                hint: "then go on with: innkeeper migrate --from sqlite --to \(ShellWord.quote(settings.store.name))")
        }
    }

    /// Opens what was restored as `serve` will; nil when that works. The configuration may name files that only the other
    /// machine has.
    private func whyNotOpen() async -> String? {
        do {
            let settings = try deployment.settings()
            let logger = LogOutput.logger(level: .critical, format: settings.logFormat)
            let system = try await Bootstrap.open(settings, logger: logger)
            let targets = Result { try system.delivery.pushTargets() }
            try system.store.close()
            _ = try targets.get()
            return nil
        } catch {
            return CommandError(error).message
        }
    }

    private func text(_ report: Report, isStoreNamed: Bool, terminal: Terminal) -> String {
        var fields = Fields(terminal: terminal)
        fields.add("data directory", report.dataDir)
        if let madeAt = report.madeAt, let program = report.program {
            fields.add("backup made", "\(madeAt), innkeeper \(program)")
        }
        if let installations = report.installations { fields.add("installations", String(installations)) }
        if let head = report.auditHead { fields.add("audit head", "\(head.number) \(head.hash)") }
        // Without it they would ask the deployment that a restored one is tried beside.
        var option = deployment.directory.option(report.dataDir)
        // The environment may name another store than the configuration.
        if let store = deployment.flags.values[.store] { option += " --store \(ShellWord.quote(store))" }
        var text = fields.text
        text += """

            Installs, uninstalls, new tokens, webhooks and API keys since then are not in it. The platform sends an
            install once: workspaces that installed since must install again. End those that left since:
              innkeeper installations forget WORKSPACE ID --confirm ID\(option)

            """
        if !report.missingKeys.isEmpty {
            text += "\nIt waits unopened. Put these files back from your copy, each of mode 0600:\n"
            for key in report.missingKeys { text += "  \(PrintableText.make(report.keysDir))/\(key).key\n" }
        } else if let problem = report.problem {
            text += "\nIt does not start yet: \(PrintableText.make(problem))\n"
        }
        if !report.sealChecked {
            text += """

                Nobody can tell yet whether the backup was changed, so nothing in it was read. The first command that
                finds the key checks it, and puts it in place only if it is what was written.

                """
        }
        if deployment.flags.values[.keysDir] != nil {
            text += "\nEvery later command wants the same --keys-dir; or set keys.dir in innkeeper.json.\n"
        }
        if isStoreNamed, report.sealChecked {
            text += "\nIts innkeeper.json names this store, and no more the one that the backup is of.\n"
        }
        return text
            + "\nNext: innkeeper keys verify\(option); innkeeper audit verify\(option); innkeeper serve\(option)\n"
    }
}
