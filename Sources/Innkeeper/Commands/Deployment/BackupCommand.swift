import ArgumentParser
import FoundationEssentials
import OperatorAPI

/// `backup`
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Write a consistent copy of the deployment into one file, while serving.",
        discussion: """
            In it: the store as it is at this moment, innkeeper.json and the manifests.
            Never in it: storage keys, and the signing secrets of forwards. Without the
            key files the backup is noise, so keep copies of them, elsewhere.

            The file must not exist; it gets its name when it is whole, checked and on
            the disk. It is a SQLite file that only restore should open.

            Examples:
              innkeeper backup /var/backups/innkeeper-$(date +%F).backup
              innkeeper backup today.backup -o json
            """)

    @Argument(help: "The file to write.", completion: .file())
    var file: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func validate() throws {
        guard !file.isEmpty, !file.hasSuffix("/"), !file.utf8.contains(0) else {
            throw ValidationError("the file must have a name")
        }
    }

    func run() async throws {
        // The server's working directory is another.
        let path = Paths.absolute(file, from: FileManager.default.currentDirectoryPath)
        let made = try await OperatorSession.run(try deployment.settings()) { client in
            try await client.post(
                OperatorPath("backup"), BackupRequestJSON(path: path), as: BackupJSON.self, isLong: true)
        }
        try output.write(made) {
            let keys = made.keys.map { "\($0).key" }.joined(separator: ", ")
            return """
                \(PrintableText.make(made.path)): \(made.bytes) bytes, \(made.installations) installations, \(made.madeAt)
                needs \(keys), which is not in it

                """
        }
    }
}
