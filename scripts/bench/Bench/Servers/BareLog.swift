import Foundation
import Installations
import Sealing
import Store
import Synchronization
import Webhooks

/// The least that a durable inbox can do: the bodies of a commit are written once, and synced. Nothing finds them again, and
/// what it costs no store can undercut. For comparison only.
final class BareLog: EventStore {
    /// Written before the measurement, so that a sync has no size of a file to write. Then used in a circle.
    private static let size = 8 << 20

    private let descriptor: CInt
    private let end = Mutex(0)

    init(path: String) throws {
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw SeedError() }
        try write([UInt8](repeating: 1, count: Self.size), at: 0)
    }

    func append(_ events: [InboxEvent]) throws(StoreError) -> [AppendOutcome] {
        var record: [UInt8] = []
        for event in events { record += event.body.bytes }
        do {
            let start = end.withLock { end in
                if end + record.count > Self.size { end = 0 }
                defer { end += record.count }
                return end
            }
            try write(record, at: start)
        } catch {
            throw .unavailable(.failed, code: "bare log")
        }
        return events.map { _ in .appended }
    }

    private func write(_ bytes: [UInt8], at start: Int) throws {
        let count = unsafe bytes.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, start) }
        guard count == bytes.count, fdatasync(descriptor) == 0 else { throw SeedError() }
    }

    // MARK: Nothing is found again

    var waitingEvents: Int { 0 }
    var kept: KeptEvents { KeptEvents() }
    var hasSpace: Bool { true }

    func kept(of installation: InstallationNumber) -> KeptEvents { KeptEvents() }

    func events(matching filter: EventFilter, page: PageRequest) async throws(StoreError) -> Page<EventSummary> {
        Page(surplus: [], limit: page.limit, position: \.id.number)
    }

    func event(_ id: EventID) async throws(StoreError) -> EventSummary? { nil }

    func eventBody(_ id: EventID, actor: Actor, at: Timestamp) async throws(StoreError) -> [UInt8]? { nil }
}
