import ArgumentParser
import Installations
import OperatorAPI

/// What every command that takes one step in a key's life has in common.
struct KeyStepOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("The storage key; see 'keys list'.", valueName: "id"))
    var id: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    /// Takes the step and shows the key.
    func request(_ step: String, _ body: KeyStepJSON = KeyStepJSON(), said text: String) async throws {
        let id = self.id
        let key = try await OperatorSession.run(try deployment.settings()) { client in
            try await client.post(OperatorPath("keys", id, step), body, as: StorageKeyJSON.self)
        }
        try output.write(key) { "\(key.id) \(text): \(key.state), \(key.installations) installations\n" }
    }
}

/// `keys add`
struct KeysAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Make a storage key, prepared: durable, and not used yet.",
        discussion: """
            Copy its file to a safe place before it is promoted.

            Examples:
              innkeeper keys add
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func run() async throws {
        let settings = try deployment.settings()
        let key = try await OperatorSession.run(settings) { client in
            try await client.post(OperatorPath("keys"), KeyStepJSON(), as: StorageKeyJSON.self)
        }
        try output.write(key) { "\(key.id) added: \(Self.place(of: key.id, settings.keysDirectory))\n" }
    }

    /// The server made the file. It may have another `keys.dir`, or see other files than this command.
    private static func place(of id: String, _ directory: String) -> String {
        let path = "\(directory)/\(id).key"
        return Files.exist([path]) ? path : "\(id).key in the server's keys.dir, which this command does not see"
    }
}

/// `keys promote`
struct KeysPromoteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote",
        abstract: "Make a key primary: new installations are sealed under it from now on.",
        discussion: """
            The key that was primary is retiring: it still opens what it sealed.

            Examples:
              innkeeper keys promote 2feb99d9b1d20bce
            """)

    @OptionGroup var options: KeyStepOptions

    func run() async throws { try await options.request("promote", said: "promoted") }
}

/// `keys retire`
struct KeysRetireCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire",
        abstract: "Disable a key that seals nothing any more; can be undone with enable.",
        discussion: """
            Examples:
              innkeeper keys retire 2feb99d9b1d20bce
            """)

    @OptionGroup var options: KeyStepOptions

    func run() async throws { try await options.request("retire", said: "retired") }
}

/// `keys enable`
struct KeysEnableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Undo retire: the key opens again what it sealed.",
        discussion: """
            Examples:
              innkeeper keys enable 2feb99d9b1d20bce
            """)

    @OptionGroup var options: KeyStepOptions

    func run() async throws { try await options.request("enable", said: "enabled") }
}

/// `keys destroy`
struct KeysDestroyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "destroy",
        abstract: "Delete a disabled key's file for good, seven days after it was retired.",
        discussion: """
            Backups made before the rotation need the key: without it they are noise. The
            newest one on record that does is named.

            Examples:
              innkeeper keys destroy 2feb99d9b1d20bce --confirm 2feb99d9b1d20bce
            """)

    @Option(help: ArgumentHelp("The key's id once more.", valueName: "id"))
    var confirm: String

    @Flag(help: "Do not wait for the seven days.")
    var now = false

    @OptionGroup var options: KeyStepOptions

    func validate() throws {
        guard confirm == options.id else { throw ValidationError("--confirm must repeat the id; nothing was done") }
    }

    func run() async throws {
        let id = options.id
        let body = KeyStepJSON(confirm: confirm, now: now)
        let destroyed = try await OperatorSession.run(try options.deployment.settings()) { client in
            try await client.post(OperatorPath("keys", id, "destroy"), body, as: DestroyedKeyJSON.self, isLong: true)
        }
        try options.output.write(destroyed) {
            let text = "\(id) destroyed: \(destroyed.key.state), \(destroyed.key.installations) installations\n"
            guard let newest = destroyed.newestBackup else { return text + "no backup on record needs it\n" }
            return text + """
                the newest backup that needs it: \(PrintableText.make(Backup.place(newest.path))), made \(newest.madeAt)
                without a copy of the key it is noise

                """
        }
    }
}
