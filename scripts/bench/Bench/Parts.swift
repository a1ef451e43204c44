import ArgumentParser
import Foundation
import Installations
import Marketplace
import SQLiteStore
import Sealing
import Store
import Webhooks

/// Which deployment is measured.
struct DeploymentOptions: ParsableArguments {
    @Option(help: "The data directory; its installations are the real ones.")
    var dataDir: String

    @Option(help: "The stand-in platform's public key.")
    var platformKeys: String
}

/// The program's parts over a real deployment, tied together as the program does it.
struct Parts {
    let keyring: Keyring
    let store: Store
    let manifest: Manifest
    let verifier: TokenVerifier
    let vault: InstallationVault
    let directory: TokenDirectory
    let loader: CredentialLoader
    let now: Now = { .now() }

    init(_ options: DeploymentOptions) throws {
        let dataDir = options.dataDir
        keyring = try Keyring(directory: KeyDirectory(path: dataDir + "/keys"))
        store = Store(
            over: try SQLiteStore(
                path: dataDir + "/innkeeper.sqlite", lock: try ProcessLock(path: dataDir + "/innkeeper.lock"),
                keyring: keyring))
        manifest = try Manifest(Array(try Data(contentsOf: URL(filePath: dataDir + "/addons/sample-addon.json"))))
        let pem = try String(contentsOfFile: options.platformKeys, encoding: .utf8)
        verifier = TokenVerifier(keys: try TrustedKeys(pem: pem))
        vault = store.vault
        directory = TokenDirectory(limit: 1_000_000, paths: manifest.webhookEvents.keys.map { $0 })
        loader = CredentialLoader(store: store, vault: vault, directory: directory)
    }
}
