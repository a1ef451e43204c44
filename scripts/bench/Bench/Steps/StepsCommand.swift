import ArgumentParser
import Installations
import Marketplace
import SQLiteStore
import Sealing
import Store
import Webhooks

/// `bench steps`: each step of a webhook's walk by itself.
struct StepsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "steps", abstract: "Print nanoseconds and allocations of each step of a webhook's walk.")

    @OptionGroup var options: DeploymentOptions
    @OptionGroup var senders: SenderOptions

    @Option(help: "Calls of each step in a round.")
    var count = 20_000

    func run() async throws {
        let parts = try Parts(options)
        let all = try senders.senders()
        guard let sender = all.first, let addonKey = AddonKey("sample-addon"),
            let event = EventType("NEW_PROJECT"), let path = RoutePath.normalise("/webhooks/projects")
        else { throw SeedError() }
        let id = InstallationID(addonKey: addonKey, workspaceID: sender.workspaceID, addonID: sender.addonID)
        guard let entry = try await parts.loader.load(id) else { throw SeedError() }
        let token = sender.token
        try await steps(of: token, addonKey, parts)
        let authenticator = WebhookAuthenticator(
            verifier: parts.verifier, directory: parts.directory, loader: parts.loader, now: parts.now)
        let route = WebhookRoute(addonKey: addonKey, path: path, events: [event])
        // The first one is verified, which confirms the token.
        _ = authenticator.admit(route, signature: token, event: "NEW_PROJECT")
        let digest = parts.directory.digest(of: token)
        try await Meter.measure("directory look-up and compare", count: count) {
            guard parts.directory.find(id)?.accepts(digest, on: path) == true else { throw SeedError() }
        }
        try await Meter.measure("admit (claims, digest, look-up)", count: count) {
            guard case .authenticated = authenticator.admit(route, signature: token, event: "NEW_PROJECT") else {
                throw SeedError()
            }
        }
        let body = Array(#"{"workspaceId":"\#(id.workspaceID.text)","name":"\#(filling)"}"#.utf8)
        try await steps(ofBody: body, entry, id, parts)
        let ids = all.map { InstallationID(addonKey: addonKey, workspaceID: $0.workspaceID, addonID: $0.addonID) }
        var inbox = try await InboxSteps(ids, body: body, parts)
        try await inbox.measure(count: count)
        try parts.store.close()
    }

    private var filling: String { String(repeating: "x", count: 1740) }

    private func steps(of token: String, _ addonKey: AddonKey, _ parts: Parts) async throws {
        let now = parts.now().seconds
        let segments = token.split(separator: ".").map { Array($0.utf8) }
        try await Meter.measure("base64url of the three parts", count: count) {
            for segment in segments where Base64URL.decode(segment.span) == nil { throw SeedError() }
        }
        try await Meter.measure("split, base64url and claims", count: count) {
            _ = try TokenReader.read(token, for: addonKey, now: now)
        }
        try await Meter.measure("keyed digest of the token", count: count) {
            _ = parts.directory.digest(of: token)
        }
        let read = try TokenReader.read(token, for: addonKey, now: now)
        try await Meter.measure("RS256", count: count / 10) { _ = try parts.verifier.webhook(read) }
    }

    private func steps(
        ofBody body: [UInt8], _ entry: DirectoryEntry, _ id: InstallationID, _ parts: Parts
    ) async throws {
        try await Meter.measure("body: strict JSON and workspace", count: count) {
            guard case .accepted = WebhookBody.inspect(body.span, for: id.workspaceID) else { throw SeedError() }
        }
        try await Meter.measure("open the installation key", count: count) {
            _ = try parts.vault.openKey(entry.wrappedKey, of: id, number: entry.number)
        }
        let key = try parts.vault.openKey(entry.wrappedKey, of: id, number: entry.number)
        let ids = parts.store.eventIDs
        try await Meter.measure("seal the body", count: count) {
            _ = key.seal(body, in: id.context(.event(ids.next(at: parts.now()), type: "NEW_PROJECT")))
        }
    }
}
