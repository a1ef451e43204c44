import GRDB
import Synchronization

/// Which events wait, by stream and in order: kept in memory, and read from the file when the store opens. Some 10 bytes
/// for each event and 120 for each stream that has any, bounded by `inbox.maxEvents`.
///
/// The file knows them by arrival alone, because an index by installation costs each webhook a page: see the schema.
///
/// **Memory names every event that waits in the file, and for moments some more**: an event is added within the transaction
/// that makes it wait, and removed after the commit of the one that ends its wait. So whoever reads passes over an event
/// whose row does not wait in its snapshot. Whoever writes sees exactly what waits, its own changes included: they are
/// all made by the one writing connection.
final class Backlog: Sendable {
    /// Dictionaries instead of one, by the low bits of the installation's number: one would move all its entries at once
    /// when it grows, and could not be walked over while it changes.
    private static let parts = 1024

    private struct State {
        var parts = [[Int64: WaitingIDs]](repeating: [:], count: Backlog.parts)
        /// What the transaction under way made wait, and may still undo.
        var added: [(event: Int64, installation: Int64)] = []
        /// What it ended the wait of, by installation.
        var removed: [Int64: [Int64]] = [:]
        /// Whether the end of the transaction will be told.
        var isInTransaction = false

        subscript(installation: Int64) -> WaitingIDs? { parts[Backlog.part(of: installation)][installation] }

        mutating func insert(_ event: Int64, _ installation: Int64) -> Bool {
            parts[Backlog.part(of: installation)][installation, default: WaitingIDs()].insert(event)
        }

        mutating func drop(_ event: Int64, _ installation: Int64) -> Bool {
            let part = Backlog.part(of: installation)
            guard parts[part][installation]?.remove(event) == true else { return false }
            if parts[part][installation]?.isEmpty == true { parts[part][installation] = nil }
            return true
        }
    }

    private let state: Mutex<State>
    private let total: Atomic<Int>

    /// What waits in the file.
    init(_ db: Database) throws {
        var state = State()
        var count = 0
        let rows = try DirectStatement(
            "SELECT id, installation FROM event INDEXED BY event_waiting WHERE \(StreamRows.isWaiting) ORDER BY id", db)
        try rows.forEach { _ in
        } read: { row in
            if state.insert(row.int64(0), row.int64(1)) { count += 1 }
        }
        self.state = Mutex(state)
        total = Atomic(count)
    }

    private static func part(of installation: Int64) -> Int { Int(installation & Int64(parts - 1)) }

    /// Events that wait. Asked for each webhook, so it takes no lock.
    var count: Int { total.load(ordering: .relaxed) }

    // MARK: For those who read

    /// The oldest event of a stream with an id above `after`.
    func first(of installation: Int64, after: Int64 = .min) -> Int64? {
        state.withLock { $0[installation]?.first(after: after) }
    }

    /// The oldest events of a stream with ids above `after`, oldest first.
    func ids(of installation: Int64, after: Int64, limit: Int) -> [Int64] {
        state.withLock { $0[installation]?.rising(after: after, limit: limit) ?? [] }
    }

    /// The newest events of a stream with ids below `before`, newest first.
    func ids(of installation: Int64, before: Int64, limit: Int) -> [Int64] {
        state.withLock { $0[installation]?.falling(before: before, limit: limit) ?? [] }
    }

    /// A page of the streams in which anything waits: at least `limit`, unless it is the last page, and one part more at
    /// most. Each stream that waits from the first page to the last is on one of them. `last` is where the next begins.
    func streams(after: Int64, limit: Int) -> (installations: [Int64], last: Int64?) {
        state.withLock { state in
            var installations: [Int64] = []
            let first = Int(clamping: max(0, after))
            for part in first..<max(first, Self.parts) {
                guard installations.count < limit else { return (installations, Int64(part)) }
                installations += state.parts[part].keys.sorted()
            }
            return (installations, nil)
        }
    }

    // MARK: For those who write, inside their transaction

    /// An event waits from this transaction on. Not one whose wait the same transaction has ended.
    func add(_ event: Int64, to installation: Int64, _ db: Database) {
        state.withLock { state in
            begin(&state, db)
            if state.insert(event, installation) { state.added.append((event, installation)) }
        }
    }

    /// An event does not wait from this transaction on.
    func remove(_ event: Int64, from installation: Int64, _ db: Database) {
        state.withLock { state in
            begin(&state, db)
            state.removed[installation, default: []].append(event)
        }
    }

    /// Whether anything of an installation waits, held back or not.
    func hasWaiting(_ installation: Int64) -> Bool {
        state.withLock { state in
            guard let ids = state[installation] else { return false }
            guard let removed = state.removed[installation] else { return true }
            return ids.contains { !removed.contains($0) }
        }
    }

    /// The newest event of an installation that waits.
    func newest(of installation: Int64) -> Int64? {
        state.withLock { state in
            let removed = state.removed[installation] ?? []
            return state[installation]?.falling(before: .max, limit: removed.count + 1).first { !removed.contains($0) }
        }
    }

    /// Has the end of the transaction told, before the next one can begin.
    private func begin(_ state: inout State, _ db: Database) {
        guard !state.isInTransaction else { return }
        state.isInTransaction = true
        db.afterNextTransaction { [self] _ in
            end { state in
                let gone = state.removed.flatMap { removal in
                    removal.value.map { (event: $0, installation: removal.key) }
                }
                return state.added.count - gone.count { state.drop($0.event, $0.installation) }
            }
        } onRollback: { [self] _ in
            end { state in
                for event in state.added { _ = state.drop(event.event, event.installation) }
                return 0
            }
        }
    }

    /// Applies what the transaction means; `conclude` returns by how many events more wait.
    private func end(_ conclude: (inout State) -> Int) {
        state.withLock { state in
            total.add(conclude(&state), ordering: .relaxed)
            state.added = []
            state.removed = [:]
            state.isInTransaction = false
        }
    }
}
