import GRDB
import Installations
import Store
import Webhooks

/// Writes what becomes of events and their streams, and keeps the waiting index in step.
struct EventChanges {
    private let waitingIndex: WaitingIndex
    private let db: Database
    private var delivering: DirectStatement?

    init(_ waitingIndex: WaitingIndex, _ db: Database) {
        self.waitingIndex = waitingIndex
        self.db = db
    }

    mutating func apply(_ change: EventChange) throws {
        switch change {
        case .deliver(let event, let stream, let bytes, let attempts, let wasDead, let at):
            try deliver(event, attempts: attempts, at: at)
            if wasDead {
                waitingIndex.removeDead(event.number, of: bytes, from: stream, db)
            } else {
                waitingIndex.remove(event.number, of: bytes, from: stream, db)
            }
        case .bury(let event, let stream, let bytes, let attempts, let failure, let at):
            try execute(Self.bury, [attempts, at.milliseconds, failure.text, event.number])
            try ClockRows.note(event, db)
            waitingIndex.remove(event.number, of: bytes, from: stream, db)
            waitingIndex.addDead(event.number, of: bytes, to: stream, db)
        case .postpone(let event, let attempts, let failure):
            try execute(Self.postpone, [attempts, failure.text, event.number])
        case .keep(let attempt, let event): try HistoryRows.insert(attempt, of: event, db)
        case .replay(let event, let stream, let bytes, let wasDead, let at):
            try execute(Self.replay, [at.milliseconds, event.number])
            try ClockRows.note(event, db)
            guard wasDead else { return }
            waitingIndex.add(event.number, of: bytes, to: stream, db)
            waitingIndex.removeDead(event.number, of: bytes, from: stream, db)
        case .erase(let event, let stream, let bytes):
            try execute("UPDATE event SET sealed_body = NULL WHERE id = ?", [event.number])
            waitingIndex.removeDead(event.number, of: bytes, from: stream, db)
            waitingIndex.addDead(event.number, of: 0, to: stream, db)
        case .removeDelivered(let last):
            try execute(Self.removeAttempts, [last.number])
            try execute(Self.removeDelivered, [last.number])
        case .removeDead(let event, let stream, let bytes):
            try execute("DELETE FROM attempt WHERE event = ?", [event.number])
            try execute("DELETE FROM event WHERE id = ?", [event.number])
            waitingIndex.removeDead(event.number, of: bytes, from: stream, db)
        case .hold(let stream, let event, let until, let length):
            try StreamRows.hold(stream, event: event, until: until, length: length, db)
        case .changeHold(let stream, let until, let length):
            try execute(
                "UPDATE stream_hold SET length = ?, until = ? WHERE installation = ?",
                [length, until.milliseconds, stream])
        // No other process has the store open.
        case .letGo: break
        case .release(let stream): try execute("DELETE FROM stream_hold WHERE installation = ?", [stream])
        case .endRetry(let stream):
            try execute("DELETE FROM stream_hold WHERE installation = ? AND lease IS NULL", [stream])
        case .destroyKey(let stream, let at): try destroyKey(of: stream, at)
        case .settingsErased(let stream, let through): try SettingsRows.erased(stream, through: through, db)
        }
    }

    // Made once: a text made for each event costs as much as looking its statement up.
    private static let deliver = """
        UPDATE event SET state = 'delivered', attempts = \(StreamRows.attempts) + ?, sealed_body = NULL, settled_at = ?,
            failure = NULL
        WHERE id = ?
        """
    private static let bury = """
        UPDATE event SET state = 'dead', attempts = \(StreamRows.attempts) + ?, settled_at = ?, failure = ? WHERE id = ?
        """
    private static let postpone =
        "UPDATE event SET state = 'pending', attempts = \(StreamRows.attempts) + ?, failure = ? WHERE id = ?"
    private static let replay =
        "UPDATE event SET state = 'pending', attempts = 0, settled_at = NULL, replayed_at = ? WHERE id = ?"
    private static let removeAttempts = """
        DELETE FROM attempt WHERE event IN
            (SELECT id FROM event INDEXED BY event_by_state WHERE \(EventRows.condition(.delivered)) AND id <= ?)
        """
    private static let removeDelivered =
        "DELETE FROM event INDEXED BY event_by_state WHERE \(EventRows.condition(.delivered)) AND id <= ?"

    /// Mostly all changes of a set are of this kind.
    private mutating func deliver(_ event: EventID, attempts: Int, at: Timestamp) throws {
        let statement = try delivering ?? DirectStatement(Self.deliver, db)
        delivering = statement
        try statement.run { values in
            try values.bind(Int64(attempts), at: 1)
            try values.bind(at.milliseconds, at: 2)
            try values.bind(event.number, at: 3)
        }
    }

    private func destroyKey(of installation: InstallationNumber, _ at: Timestamp) throws {
        try execute(
            """
            UPDATE installation
            SET wrapped_key = NULL, storage_key = NULL, installation_key = NULL, updated_at = ?2,
                version = \(InstallationRows.nextVersion)
            WHERE number = ?1
            """, [installation, at.milliseconds])
        try execute("DELETE FROM outgoing_key WHERE installation = ?", [installation])
    }

    private func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }
}
