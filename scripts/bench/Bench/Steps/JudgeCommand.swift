import ArgumentParser
import Installations
import Marketplace
import SQLiteStore
import Sealing
import Store
import Webhooks

/// `bench judge`: what an event loop does for a genuine webhook, over and over, for counting instructions.
struct JudgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "judge", abstract: "Judge and seal one genuine webhook many times; nothing is stored.")

    @OptionGroup var options: DeploymentOptions
    @OptionGroup var senders: SenderOptions

    @Option(help: "How many times.")
    var count = 1000

    func run() async throws {
        let parts = try Parts(options)
        guard let sender = try senders.senders().first, let addonKey = AddonKey("sample-addon"),
            let event = EventType("NEW_PROJECT"), let path = RoutePath.normalise("/webhooks/projects")
        else { throw SeedError() }
        let id = InstallationID(addonKey: addonKey, workspaceID: sender.workspaceID, addonID: sender.addonID)
        guard try await parts.loader.load(id) != nil else { throw SeedError() }
        let authenticator = WebhookAuthenticator(
            verifier: parts.verifier, directory: parts.directory, loader: parts.loader, now: parts.now)
        let route = WebhookRoute(addonKey: addonKey, path: path, events: [event])
        let name = String(repeating: "x", count: 1740)
        let body = Array(#"{"workspaceId":"\#(id.workspaceID.text)","name":"\#(name)"}"#.utf8)
        for _ in 0..<count {
            guard
                case .authenticated(let webhook) = authenticator.admit(
                    route, signature: sender.token, event: "NEW_PROJECT"),
                case .accepted = WebhookBody.inspect(body.span, for: webhook.id.workspaceID),
                let entry = parts.directory.find(webhook.id)
            else { throw SeedError() }
            let key = try parts.vault.openKey(entry.wrappedKey, of: webhook.id, number: entry.number)
            _ = key.seal(
                body,
                in: webhook.id.context(.event(parts.store.eventIDs.next(at: parts.now()), type: webhook.event.text)))
        }
        try parts.store.close()
    }
}
