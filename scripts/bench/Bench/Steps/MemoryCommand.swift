import ArgumentParser
import Foundation
import Installations
import Marketplace
import Sealing
import Store

/// `bench memory`: what the token directory keeps for an installation.
struct MemoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "memory", abstract: "Print the resident bytes of an installation in the token directory.")

    @Option(help: "How many installations.")
    var installations = 200_000

    @Option(help: "How many webhooks each has.")
    var webhooks = 5

    func run() async throws {
        let directory = TokenDirectory(limit: 2 * installations, paths: paths)
        let storageKey = StorageKey.random()
        // One of them first, so that what is set up once is not counted.
        try enter(0, storageKey, directory)
        let before = Self.resident()
        for number in 1...installations { try enter(number, storageKey, directory) }
        guard directory.count == installations + 1 else { throw SeedError() }
        print((Self.resident() - before) / installations)
    }

    private var paths: [RoutePath] {
        (0..<webhooks).compactMap { RoutePath.normalise("/webhooks/time-entries-\($0)") }
    }

    /// As a load from the store and a webhook with each token leave it.
    private func enter(_ number: Int, _ storageKey: StorageKey, _ directory: TokenDirectory) throws {
        let digits = String(format: "%016lx", number)
        guard let addonKey = AddonKey("sample-addon"), let workspaceID = WorkspaceID("65a00001" + digits),
            let addonID = AddonID("65a00002" + digits)
        else { throw SeedError() }
        let id = InstallationID(addonKey: addonKey, workspaceID: workspaceID, addonID: addonID)
        let key = InstallationKey.random()
        let paths = paths.map { directory.shared($0) }
        let token = key.seal([1], in: id.context(.settings))
        let credentials = SealedCredentials(
            number: InstallationNumber(Int64(number)), status: .active, tokenSet: 1,
            wrappedKey: storageKey.wrap(key, in: id.context(.installationKey)),
            webhookTokens: paths.map { ($0, token) })
        let digest = directory.digest(of: digits)
        let loaded = DirectoryEntry(
            credentials: credentials, webhookTokens: paths.map { ($0, digest) })
        guard var entry = loaded else { throw SeedError() }
        directory.finish(directory.beginLoad(of: id), with: entry)
        for path in paths {
            guard let confirmed = directory.confirm(digest, on: path, in: entry, of: id) else { throw SeedError() }
            entry = confirmed
        }
    }

    private static func resident() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""  // Zero fails the row.
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS") }
        return 1024 * (line?.split(separator: " ").compactMap { Int($0) }.first ?? 0)
    }
}
