import Installations
import Webhooks

/// What an event costs in the store, when events come from many installations in turn.
struct InboxSteps {
    private var sources: EventSources

    init(_ ids: [InstallationID], body: [UInt8], _ parts: Parts) async throws {
        sources = try await EventSources(ids, body: body, parts)
    }

    mutating func measure(count: Int) async throws {
        var appended: [InboxEvent] = []
        for size in [1, 32, 256] {
            try await Meter.measure(
                "inbox append, commits of \(size)", count: max(20, count / 20 / size), operations: size
            ) { appended += try sources.append(size) }
        }
        var settled = 0
        try await Meter.measure("settle as delivered, commits of 32", count: max(20, count / 640), operations: 32) {
            try await sources.settle(appended[settled..<settled + 32])
            settled += 32
        }
    }
}
