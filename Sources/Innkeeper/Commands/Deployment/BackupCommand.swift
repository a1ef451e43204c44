import ArgumentParser
import FoundationEssentials
import Installations
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

            This command writes the file, as its own user, wherever the server runs. The
            file must not exist; it gets its name when it is whole, checked and on the
            disk. It is a SQLite file that only restore should open. Until it is sent the
            server needs as much room where the store lies.

            - is standard output, when that is no terminal; what there is to say goes to
            standard error then. Only exit 0 means that all of it was written.

            Examples:
              innkeeper backup /var/backups/innkeeper-$(date +%F).backup
              innkeeper backup today.backup -o json
              innkeeper backup - | ssh elsewhere 'cat > today.backup'
            """)

    @Argument(help: "The file to write, or - for standard output.", completion: .file())
    var file: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var deployment: DeploymentOptions

    func validate() throws {
        guard !file.isEmpty, !file.hasSuffix("/"), !file.utf8.contains(0) else {
            throw ValidationError("the file must have a name")
        }
    }

    func run() async throws {
        let settings = try deployment.settings()
        let target = try target()
        // It is no draft any more when it is kept.
        defer { target.discard() }
        let made = try await OperatorSession.run(settings) { client in
            try await BackupReceiving(target: target).run(client)
        }
        let stream: StandardStream = file == Backup.standardOutput ? .error : .output
        try output.write(made, to: stream) {
            let keys = made.keys.map { "\($0).key" }.joined(separator: ", ")
            return """
                \(PrintableText.make(Backup.place(made.path))): \(made.bytes) bytes, \(made.installations) installations, \(made.madeAt)
                needs \(keys), which is not in it

                """
        }
    }

    private func target() throws(CommandError) -> any BackupTarget {
        if file == Backup.standardOutput { return try BackupTargetOutput() }
        return try BackupTargetFile(Paths.absolute(file, from: FileManager.default.currentDirectoryPath))
    }
}
