import ArgumentParser
import Marketplace

/// `simulate keys`
struct SimulateKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Make the stand-in platform's key pair.",
        discussion: """
            A server that trusts this key believes whoever has the private half. Never
            give it to a server that the real platform calls.

            Examples:
              innkeeper simulate keys innkeeper-simulate
            """)

    @Argument(help: "Directory for the two files; made when it does not exist.")
    var directory = "innkeeper-simulate"

    @OptionGroup var output: OutputOptions

    private struct KeysJSON: Encodable {
        let publicKey: String
        let privateKey: String
    }

    func run() async throws {
        let keys = StandInKeys(directory: directory)
        try keys.create()
        try output.write(KeysJSON(publicKey: keys.publicPath, privateKey: keys.privatePath)) {
            """
            \(keys.publicPath)   for the server; not \(KnownPlatform.clockify.name)'s
            \(keys.privatePath)   signs the simulated calls

            Next:
              innkeeper serve --platform-keys \(keys.publicPath)
              innkeeper simulate install --keys \(directory) --workspaces 20
              innkeeper simulate webhook --keys \(directory) --workspaces 20

            """
        }
    }
}
