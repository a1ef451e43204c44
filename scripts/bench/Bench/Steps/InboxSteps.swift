import Installations
import SQLiteStore
import Sealing
import Webhooks

/// What an event costs in the store, when events come from many installations in turn: each installation has its own
/// place in the indexes.
struct InboxSteps {
    private struct Source {
        let id: InstallationID
        let entry: DirectoryEntry
        let key: InstallationKey
    }

    private let sources: [Source]
    private let body: [UInt8]
    private let parts: Parts

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

    func measure(count: Int) async throws {
        var turn = 0
        var appended: [(id: EventID, installation: Int64)] = []
        for size in [1, 32, 256] {
            // Sealing the bodies is in it.
            try await Meter.measure(
                "inbox append, commits of \(size)", count: max(20, count / 20 / size), operations: size
            ) {
                let batch = (0..<size).map { _ in
                    turn += 1
                    return event(of: sources[turn % sources.count])
                }
                guard try parts.store.append(batch).allSatisfy({ $0 == .appended }) else { throw SeedError() }
                appended += batch.map { ($0.id, $0.installation) }
            }
        }
        var settled = 0
        try await Meter.measure("settle as delivered, commits of 32", count: max(20, count / 640), operations: 32) {
            let settlements = appended[settled..<settled + 32].map {
                Settlement(event: $0.id, installation: $0.installation, change: .delivered, at: parts.now())
            }
            settled += 32
            guard try await parts.store.settle(settlements).allSatisfy(\.isApplied) else { throw SeedError() }
        }
    }

    private func event(of source: Source) -> InboxEvent {
        let event = parts.store.eventIDs.next(at: parts.now())
        return InboxEvent(
            id: event, installation: source.entry.number, tokenSet: source.entry.tokenSet,
            installationKey: source.key.id, type: "NEW_PROJECT", receivedAt: parts.now(),
            body: source.key.seal(body, in: source.id.context(.event(event, type: "NEW_PROJECT"))))
    }
}
