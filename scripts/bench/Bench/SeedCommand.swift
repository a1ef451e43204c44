import ArgumentParser
import Foundation
import SQLiteStore
import Sealing
import Store

/// `bench seed`: fills the store of a deployment.
struct SeedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seed", abstract: "Fill a deployment, which must not be serving, with installations.")

    @Option(help: "The data directory; made by 'innkeeper init'.")
    var dataDir: String

    @Option(help: "How many installations.")
    var installations = 100_000

    @Option(help: "How many webhooks each has.")
    var webhooks = 5

    @Option(help: "How many events wait for each.")
    var events = 1

    func run() async throws {
        let keyring = try Keyring(directory: KeyDirectory(path: dataDir + "/keys"))
        let start = ContinuousClock.now
        let engine = try SQLiteStore(
            path: dataDir + "/innkeeper.sqlite", lock: try ProcessLock(path: dataDir + "/innkeeper.lock"),
            keyring: keyring)
        let seed = Seed(
            installations: installations, webhooks: webhooks, events: events, seal: engine.tools.authority.seal,
            handedOut: engine.tools.handedOut)
        try engine.close()
        try seed.fill(dataDir + "/innkeeper.sqlite", keyring)
        print("seeded \(installations) installations in \(ContinuousClock.now - start)")
    }
}
