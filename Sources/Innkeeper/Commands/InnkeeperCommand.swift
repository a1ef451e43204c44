import ArgumentParser

/// The root of all commands.
struct InnkeeperCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "innkeeper",
        abstract: "The home of a marketplace add-on's installations, tokens and webhooks.",
        discussion: """
            Data goes to standard output, everything else to standard error. Every list and
            every show takes -o table|json|jsonl; json is the stable interface. --data-dir
            may stand before or after the verb.

            Examples:
              innkeeper init --addon manifest.json
              innkeeper serve
              innkeeper installations list
              innkeeper --data-dir /var/lib/innkeeper doctor

            Exit codes: 0 ok, 1 failure, 2 usage, 3 not found, 4 not permitted, 5 done with
            findings, 6 partial, 7 conflict, 69 store unavailable, 78 configuration or key
            error, 130 interrupted.
            """,
        version: Version.current,
        groupedSubcommands: [
            CommandGroup(
                name: "Deployment",
                subcommands: [
                    InitCommand.self, ServeCommand.self, StatsCommand.self, DoctorCommand.self, BackupCommand.self,
                    RestoreCommand.self,
                    MigrateCommand.self,
                ]),
            CommandGroup(
                name: "Tenants",
                subcommands: [InstallationsCommand.self, EventsCommand.self, TargetsCommand.self, AddonsCommand.self]),
            CommandGroup(
                name: "Security", subcommands: [KeysCommand.self, APIKeysCommand.self, AuditCommand.self]),
            CommandGroup(name: "Tools", subcommands: [SimulateCommand.self, CompletionsCommand.self]),
        ])

    /// Without a verb: the few commands a newcomer needs.
    func run() async throws {
        try StandardStream.output.writeLine(
            """
            innkeeper keeps a marketplace add-on's installations, tokens and webhooks.

            Begin:
              innkeeper init --addon manifest.json   make a data directory with keys
              innkeeper serve                        receive installs and webhooks
              innkeeper installations list           who is installed
              innkeeper doctor                       is everything as it should be

            Try it without the platform:
              innkeeper simulate demo

            All commands: innkeeper --help
            """)
    }
}

/// What `--version` says.
enum Version {
    static let current = "0.1.0"
}
