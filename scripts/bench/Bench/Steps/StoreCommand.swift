import ArgumentParser
import Foundation
import Installations
import Marketplace
import Sealing
import Store
import Webhooks

/// `bench store`: one verb of the store, over and over, for counting instructions.
struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Do one thing with a seeded store many times.")

    /// What is counted.
    enum Verb: String, CaseIterable, ExpressibleByArgument {
        /// 32 webhooks of as many installations, sealing included.
        case append
        /// 32 deliveries of as many installations.
        case settle
        /// A new installation with ten webhooks, whose tokens are the same bytes as the platform's are.
        case install
        /// 250 installation keys under another storage key.
        case rewrap
        /// A page of 100 installations.
        case list
    }

    @OptionGroup var options: DeploymentOptions

    @Argument(help: "append, settle, install, rewrap or list.")
    var verb: Verb

    @Option(help: "How often it is done.")
    var count = 10

    @Option(help: "Batches that are there to be settled, of which count are.")
    var prepared = 10

    func run() async throws {
        let parts = try Parts(options)
        switch verb {
        case .append:
            var sources = try await sources(parts)
            for _ in 0..<count { _ = try sources.append(32) }
        case .settle:
            var sources = try await sources(parts)
            let batches = try (0..<prepared).map { _ in try sources.append(32) }
            for batch in batches.prefix(count) { try await sources.settle(batch) }
        case .install: for number in 0..<count { try await install(number, parts.store) }
        case .rewrap: try await rewrap(parts)
        case .list:
            for _ in 0..<count {
                let page = try await parts.store.installations(
                    matching: InstallationFilter(), page: PageRequest(limit: 100))
                guard page.items.count == 100 else { throw SeedError() }
            }
        }
        try parts.store.close()
    }

    private func sources(_ parts: Parts) async throws -> EventSources {
        let page = try await parts.store.installations(matching: InstallationFilter(), page: PageRequest(limit: 32))
        return try await EventSources(page.items.map(\.id), body: [UInt8](repeating: 0x20, count: 64), parts)
    }

    private func install(_ number: Int, _ store: Store) async throws {
        let digits = String(format: "%016lx", number)
        guard let addonKey = AddonKey("sample-addon"), let workspaceID = WorkspaceID("65b00001" + digits),
            let addonID = AddonID("65b00002" + digits)
        else { throw SeedError() }
        let id = InstallationID(addonKey: addonKey, workspaceID: workspaceID, addonID: addonID)
        // Built of bytes: characters would cost as much as a tenth of the install.
        func token(_ filling: UInt8) -> SecretBytes {
            SecretBytes(Array(digits.utf8) + [UInt8](repeating: filling, count: 560))
        }
        let webhookToken = token(0x74)
        let webhooks = try (0..<10).map { number in
            guard let path = RoutePath.normalise("/webhooks/w\(number)") else { throw SeedError() }
            return WebhookGrant(path: path, wirePath: "/webhooks/w\(number)", token: webhookToken)
        }
        let request = InstallRequest(
            token: token(0x69), apiURL: "https://api.clockify.me/api", addonUserID: "1a2b3c", asUser: "60348d",
            webhooks: webhooks)
        let decision = try await store.perform(
            LifecycleCall(
                id: id, change: .installed(request), payload: [UInt8](repeating: 0x20, count: 600), receivedAt: .now(),
                actor: .platform, token: PresentedToken(digits, issuedAt: nil, by: store.handedOut)))
        guard decision == .create else { throw SeedError() }
    }

    private func rewrap(_ parts: Parts) async throws {
        let store = parts.store
        let manager = StorageKeyManager(store: store, keyring: parts.keyring, now: parts.now)
        guard let old = try await store.storageKeys().first(where: { $0.state == .primary }) else { throw SeedError() }
        let key = try await manager.add(actor: .system)
        _ = try await manager.advance(key.id, by: .promote, actor: .system)
        var range = NumberRange()
        for _ in 0..<count {
            let batch = try await store.rewrap(from: old.id, in: range, limit: 250, at: .now())
            guard batch.rewrapped == 250, let last = batch.last else { throw SeedError() }
            range.after = last
        }
    }
}
