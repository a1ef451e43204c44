import GRDB
import Installations
import Synchronization
import Webhooks

/// Which events wait, by stream and in order, and how much is kept of each installation: kept in memory, and read from the
/// file when the store opens. Some 10 bytes for each event that waits and 130 for each stream that has any, 50 for each
/// installation with dead letters, bounded by `inbox.maxEvents`.
///
/// How long each body is, only the file knows: in the rows, and for the start in two indexes, so that no row is visited.
///
/// The file knows them by arrival alone, because an index by installation costs each webhook a page: see the schema.
///
/// **Memory names every event that waits in the file, and for moments some more**: an event is added within the transaction
/// that makes it wait, and removed after the commit of the one that ends its wait. So whoever reads passes over an event
/// whose row does not wait in its snapshot. Whoever writes sees exactly what waits, its own changes included: they are
/// all made by the one writing connection.
final class WaitingIndex: Sendable {
    /// Dictionaries instead of one, by the low bits of the installation's number: one would move all its entries at once
    /// when it grows, and could not be walked over while it changes.
    private static let parts = 1024

    fileprivate struct Stream {
        var ids = WaitingIDs()
        /// Of the sealed bodies of all of them.
        var bytes = 0
    }

    fileprivate struct Change {
        let event: Int64
        let installation: InstallationNumber
        let bytes: Int
    }

    private struct State {
        var parts = [[InstallationNumber: Stream]](repeating: [:], count: WaitingIndex.parts)
        /// The dead letters of those that have any.
        var dead: [InstallationNumber: KeptEvents] = [:]
        /// What the transaction under way made wait, and may still undo.
        var added: [Change] = []
        /// What it ended the wait of, by installation.
        var removed: [InstallationNumber: [Change]] = [:]
        /// The dead letters it made, and those it took away.
        var died: [Change] = []
        var buried: [Change] = []
        /// Whether the end of the transaction will be told.
        var isInTransaction = false

        subscript(installation: InstallationNumber) -> WaitingIDs? {
            parts[WaitingIndex.part(of: installation)][installation]?.ids
        }

        mutating func insert(_ event: Int64, _ installation: InstallationNumber, _ bytes: Int) -> Bool {
            parts[WaitingIndex.part(of: installation)][installation, default: Stream()].insert(event, bytes)
        }

        mutating func drop(_ change: Change) -> Bool {
            let part = WaitingIndex.part(of: change.installation)
            guard parts[part][change.installation]?.remove(change) == true else { return false }
            if parts[part][change.installation]?.ids.isEmpty == true { parts[part][change.installation] = nil }
            return true
        }

        mutating func bury(_ kept: KeptEvents, _ installation: InstallationNumber) {
            let left = (dead[installation] ?? KeptEvents()) - kept
            dead[installation] = left.events > 0 ? left : nil
        }
    }

    private let state: Mutex<State>
    private let waiting: Atomic<Int>
    private let deadLetters: Atomic<Int>
    private let bytes: Atomic<Int>

    /// What waits in the file.
    init(_ db: Database) throws {
        var state = State()
        var total = KeptEvents()
        // Both statements read an index alone: the table has a page for each two of these rows.
        let rows = try DirectStatement(
            """
            SELECT id, installation, length(sealed_body) FROM event INDEXED BY event_waiting
            WHERE \(StreamRows.isWaiting) ORDER BY id
            """, db)
        try rows.forEach { _ in
        } read: { row in
            let bytes = Int(row.int64(2))
            if state.insert(row.int64(0), row.installation(1), bytes) { total += KeptEvents(events: 1, bytes: bytes) }
        }
        waiting = Atomic(total.events)
        let dead = try DirectStatement(
            """
            SELECT installation, count(*), sum(length(sealed_body)) FROM event INDEXED BY event_dead
            WHERE state = 'dead' GROUP BY installation
            """, db)
        try dead.forEach { _ in
        } read: { row in
            let kept = KeptEvents(events: Int(row.int64(1)), bytes: Int(row.int64(2)))
            state.dead[row.installation(0)] = kept
            total += kept
        }
        deadLetters = Atomic(total.events - waiting.load(ordering: .relaxed))
        bytes = Atomic(total.bytes)
        self.state = Mutex(state)
    }

    private static func part(of installation: InstallationNumber) -> Int { Int(installation.value & Int64(parts - 1)) }

    /// Events that wait.
    var count: Int { waiting.load(ordering: .relaxed) }

    /// Those and the dead letters. Asked for each webhook, so it takes no lock.
    var kept: KeptEvents {
        KeptEvents(
            events: waiting.load(ordering: .relaxed) + deadLetters.load(ordering: .relaxed),
            bytes: bytes.load(ordering: .relaxed))
    }

    /// The same of one installation, with what the transaction under way adds to it.
    func kept(of installation: InstallationNumber) -> KeptEvents {
        state.withLock { state in
            let stream = state.parts[Self.part(of: installation)][installation]
            return (state.dead[installation] ?? KeptEvents())
                + KeptEvents(events: stream?.ids.count ?? 0, bytes: stream?.bytes ?? 0)
        }
    }

    // MARK: For those who read

    /// The oldest event of a stream with an id above `after`.
    func first(of installation: InstallationNumber, after: Int64 = .min) -> Int64? {
        state.withLock { $0[installation]?.first(after: after) }
    }

    /// The oldest events of a stream with ids above `after`, oldest first.
    func ids(of installation: InstallationNumber, after: Int64, limit: Int) -> [Int64] {
        state.withLock { $0[installation]?.rising(after: after, limit: limit) ?? [] }
    }

    /// The newest events of a stream with ids below `before`, newest first.
    func ids(of installation: InstallationNumber, before: Int64, limit: Int) -> [Int64] {
        state.withLock { $0[installation]?.falling(before: before, limit: limit) ?? [] }
    }

    /// A page of the streams in which anything waits: at least `limit`, unless it is the last page, and one part more at
    /// most. Each stream that waits from the first page to the last is on one of them. `last` is where the next begins.
    func streams(after: Int64, limit: Int) -> (installations: [InstallationNumber], last: Int64?) {
        state.withLock { state in
            var installations: [InstallationNumber] = []
            let first = Int(clamping: max(0, after))
            for part in first..<max(first, Self.parts) {
                guard installations.count < limit else { return (installations, Int64(part)) }
                installations += state.parts[part].keys.sorted()
            }
            return (installations, nil)
        }
    }

    // MARK: For those who write, inside their transaction

    /// An event with a body of this length waits from this transaction on. Not one whose wait the same transaction has ended.
    func add(_ event: Int64, of bytes: Int, to installation: InstallationNumber, _ db: Database) {
        state.withLock { state in
            begin(&state, db)
            guard state.insert(event, installation, bytes) else { return }
            state.added.append(Change(event: event, installation: installation, bytes: bytes))
        }
    }

    /// An event does not wait from this transaction on.
    func remove(_ event: Int64, of bytes: Int, from installation: InstallationNumber, _ db: Database) {
        state.withLock { state in
            begin(&state, db)
            state.removed[installation, default: []].append(
                Change(event: event, installation: installation, bytes: bytes))
        }
    }

    /// An event is a dead letter from this transaction on.
    func addDead(_ event: Int64, of bytes: Int, to installation: InstallationNumber, _ db: Database) {
        state.withLock { state in
            begin(&state, db)
            state.died.append(Change(event: event, installation: installation, bytes: bytes))
        }
    }

    /// An event is no dead letter from this transaction on.
    func removeDead(_ event: Int64, of bytes: Int, from installation: InstallationNumber, _ db: Database) {
        state.withLock { state in
            begin(&state, db)
            state.buried.append(Change(event: event, installation: installation, bytes: bytes))
        }
    }

    /// Whether anything of an installation waits, held back or not.
    func hasWaiting(_ installation: InstallationNumber) -> Bool {
        state.withLock { state in
            guard let ids = state[installation] else { return false }
            guard let removed = state.removed[installation] else { return true }
            return ids.contains { id in !removed.contains { $0.event == id } }
        }
    }

    /// The same, without one event.
    func hasWaiting(_ installation: InstallationNumber, besides event: Int64) -> Bool {
        state.withLock { state in
            guard let ids = state[installation] else { return false }
            let removed = state.removed[installation] ?? []
            return ids.contains { id in id != event && !removed.contains { $0.event == id } }
        }
    }

    /// The newest event of an installation that waits.
    func newest(of installation: InstallationNumber) -> Int64? {
        state.withLock { state in
            let removed = state.removed[installation] ?? []
            return state[installation]?.falling(before: .max, limit: removed.count + 1)
                .first { id in !removed.contains { $0.event == id } }
        }
    }

    /// Has the end of the transaction told, before the next one can begin.
    private func begin(_ state: inout State, _ db: Database) {
        guard !state.isInTransaction else { return }
        state.isInTransaction = true
        db.afterNextTransaction { [self] _ in
            end { state in commit(&state) }
        } onRollback: { [self] _ in
            end { state in
                for event in state.added { _ = state.drop(event) }
            }
        }
    }

    private func commit(_ state: inout State) {
        var (waiting, bytes) = (state.added.count, state.added.reduce(0) { $0 + $1.bytes })
        for change in state.removed.values.joined() where state.drop(change) {
            waiting -= 1
            bytes -= change.bytes
        }
        for change in state.died {
            state.dead[change.installation, default: KeptEvents()] += KeptEvents(events: 1, bytes: change.bytes)
            bytes += change.bytes
        }
        for change in state.buried {
            state.bury(KeptEvents(events: 1, bytes: change.bytes), change.installation)
            bytes -= change.bytes
        }
        self.waiting.add(waiting, ordering: .relaxed)
        deadLetters.add(state.died.count - state.buried.count, ordering: .relaxed)
        self.bytes.add(bytes, ordering: .relaxed)
    }

    /// Applies what the end of the transaction means.
    private func end(_ conclude: (inout State) -> Void) {
        state.withLock { state in
            conclude(&state)
            state.added = []
            state.removed = [:]
            state.died = []
            state.buried = []
            state.isInTransaction = false
        }
    }
}

extension WaitingIndex.Stream {
    fileprivate mutating func insert(_ event: Int64, _ size: Int) -> Bool {
        guard ids.insert(event) else { return false }
        bytes += size
        return true
    }

    fileprivate mutating func remove(_ change: WaitingIndex.Change) -> Bool {
        guard ids.remove(change.event) else { return false }
        bytes -= change.bytes
        return true
    }
}
