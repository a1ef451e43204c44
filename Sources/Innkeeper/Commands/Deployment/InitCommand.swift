import ArgumentParser
import FoundationEssentials
import Installations
import Sealing

/// `init`
struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a data directory: first storage key, store, configuration, first API key.",
        discussion: """
            Refuses to touch an existing deployment. The API key is printed once and kept
            nowhere.

            Examples:
              innkeeper init
              innkeeper init --addon manifest.json --data-dir /var/lib/innkeeper
              innkeeper init --store postgres://innkeeper@db.example.com/innkeeper
              innkeeper init -o json
            """)

    @Option(
        help: ArgumentHelp("A manifest to serve; may be given several times.", valueName: "manifest"),
        completion: .file(extensions: ["json"]))
    var addon: [String] = []

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    /// What was made.
    struct Made: Encodable {
        struct Key: Encodable {
            let id: String
            let secret: String
        }
        let dataDir: String
        let storageKey: String
        let apiKey: Key
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let working = FileManager.default.currentDirectoryPath
        let directory = try Settings.locate(deployment.directory.path, environment, working)
        // There is no innkeeper.json yet, but flags and environment are checked as `serve` will check them.
        let reader = SettingsReader(
            layers: SettingLayers(
                flags: deployment.flags.values, environment: environment,
                file: ConfigurationFile(none: directory.configurationFile)),
            dataDirectory: directory.path, workingDirectory: working)
        let keys = try reader.path(.keysDir)
        let made = try await Deployment.initialise(
            directory, store: try reader.store(), keysDirectory: keys, manifests: addon)
        let secret = made.secret.expose("the first API key is shown once") { String(decoding: $0, as: UTF8.self) }
        let answer = Made(
            dataDir: made.dataDirectory, storageKey: made.storageKey.description,
            apiKey: Made.Key(id: made.apiKey.id, secret: secret))
        try output.write(answer) { text(answer, keys: keys ?? directory.keysDirectory) }
    }

    private func text(_ made: Made, keys: String) -> String {
        var fields = Fields(terminal: Terminal(.output))
        fields.add("data directory", made.dataDir)
        fields.add("storage key", "\(keys)/\(made.storageKey).key")
        fields.add("API key", made.apiKey.secret)
        let option = deployment.directory.option(made.dataDir)
        var next = "  innkeeper serve\(option)\n"
        if addon.isEmpty { next = "  put a manifest into \(PrintableText.make(made.dataDir))/addons, then\n" + next }
        return fields.text + """

            The API key is shown only now. Copy the storage key file to a safe place that is not where backups go:
            without it nobody can read the store, and with both anybody can.

            Next:
            \(next)
            """
    }
}
