import Installations
import SQLiteStore
import Sealing
import Store
import Webhooks

/// Installations that send events in turn: each has its own place in the indexes.
struct EventSources {
    private struct Source {
        let id: InstallationID
        let entry: DirectoryEntry
        let key: InstallationKey
    }

    private let sources: [Source]
    private let body: [UInt8]
    private let parts: Parts
    private var turn = 0

    init(_ ids: [InstallationID], body: [UInt8], _ parts: Parts) async throws {
        var sources: [Source] = []
        for id in ids {
            guard let entry = try await parts.loader.load(id) else { throw SeedError() }
            let key = try parts.vault.openKey(entry.wrappedKey, of: id, number: entry.number)
            sources.append(Source(id: id, entry: entry, key: key))
        }
        self.sources = sources
        self.body = body
        self.parts = parts
    }

    /// Appends so many events in one commit. Sealing the bodies is in it.
    mutating func append(_ size: Int) throws -> [InboxEvent] {
        let batch = (0..<size).map { _ in next() }
        guard try parts.store.append(batch).allSatisfy({ $0 == .appended }) else { throw SeedError() }
        return batch
    }

    /// Settles events as delivered, in one commit.
    func settle(_ events: some Sequence<InboxEvent>) async throws {
        let settlements = events.map { Settlement(event: $0.id, change: .delivered, at: parts.now()) }
        guard try await parts.store.settle(settlements).allSatisfy(\.isApplied) else { throw SeedError() }
    }

    private mutating func next() -> InboxEvent {
        turn += 1
        let source = sources[turn % sources.count]
        let event = parts.store.eventIDs.next(at: parts.now())
        return InboxEvent(
            id: event, installation: source.entry.number, tokenSet: source.entry.tokenSet,
            installationKey: source.key.id, type: "NEW_PROJECT", receivedAt: parts.now(),
            body: source.key.seal(body, in: source.id.context(.event(event, type: "NEW_PROJECT"))))
    }
}
