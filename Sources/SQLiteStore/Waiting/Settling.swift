import GRDB
package import Installations
import Marketplace
import Sealing
import Synchronization
package import Webhooks

extension SQLiteStore: DeliveryStore {
    package func settle(_ settlements: [Settlement]) async throws(StoreError) -> [SettlementResult] {
        let batch = try await write { [waitingIndex] db in
            var batch = SettlingBatch(waitingIndex)
            for settlement in settlements { try batch.settle(settlement, db) }
            return batch
        }
        note(batch)
        return batch.results
    }

    /// What memory must know of a committed batch.
    func note(_ batch: SettlingBatch) {
        if batch.hasSettled { hasSettled.store(true, ordering: .relaxed) }
        // Neither a key nor settings must survive their installation in the log. Another body may, until the next checkpoint:
        // it is sealed.
        if batch.hasErasedKey || batch.hasErasedSettings { logTruncator.request() }
        if !batch.released.isEmpty { arrivals.note(batch.released) }
    }
}

/// Settlements inside their one transaction.
struct SettlingBatch: Sendable {
    private let waitingIndex: WaitingIndex
    private(set) var results: [SettlementResult] = []
    /// Whether any event does not wait any more.
    private(set) var hasSettled = false
    /// Streams with more to deliver that were a worker's: they are nobody's now.
    private(set) var released: [Int64] = []
    private(set) var hasErasedKey = false
    private(set) var hasErasedSettings = false

    init(_ waitingIndex: WaitingIndex) { self.waitingIndex = waitingIndex }

    mutating func settle(_ settlement: Settlement, _ db: Database) throws {
        guard settlement.ticket?.begin() ?? true else { return results.append(.withdrawn) }
        results.append(try outcome(of: settlement, db))
    }

    /// Makes a waiting event a dead letter without an attempt.
    mutating func giveUp(
        _ event: EventID, _ installation: Int64, _ failure: DeliveryFailure, at: Timestamp, _ db: Database
    ) throws {
        let length = try Int.fetchOne(
            db.cachedStatement(sql: "SELECT length(sealed_body) FROM event WHERE id = ?"), arguments: [event.number])
        try db.cachedStatement(sql: "UPDATE event SET state = 'dead', settled_at = ?, failure = ? WHERE id = ?")
            .execute(arguments: [at.milliseconds, failure.text, event.number])
        try ClockSteps.note(event, db)
        end(event, of: length ?? 0, installation, db)
        waitingIndex.addDead(event.number, of: length ?? 0, to: installation, db)
        try db.cachedStatement(sql: "DELETE FROM stream_hold WHERE installation = ? AND event = ?")
            .execute(arguments: [installation, event.number])
        if db.changesCount > 0 { released.append(installation) }
    }

    /// Erases the body of an event that is not delivered; one that waits becomes a dead letter. The row tells what was there.
    mutating func eraseBody(
        _ event: EventID, _ installation: Int64, _ failure: DeliveryFailure, at: Timestamp, _ db: Database
    ) throws {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT state, length(sealed_body) FROM event WHERE id = ?"),
            arguments: [event.number])
        guard let row, let state = EventState(rawValue: row[0]), let length = row[1] as Int? else { return }
        if state == .pending || state == .leased { try giveUp(event, installation, failure, at: at, db) }
        try db.cachedStatement(sql: "UPDATE event SET sealed_body = NULL WHERE id = ?")
            .execute(arguments: [event.number])
        waitingIndex.removeDead(event.number, of: length, from: installation, db)
        waitingIndex.addDead(event.number, of: 0, to: installation, db)
        hasErasedSettings = true
    }

    private mutating func outcome(of settlement: Settlement, _ db: Database) throws -> SettlementResult {
        let row = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT installation, state, length(sealed_body) FROM event WHERE id = ?"),
            arguments: [settlement.event.number])
        guard let row, let state = EventState(rawValue: row[1]) else {
            return SettlementResult(isApplied: false, hasMore: false)
        }
        let installation: Int64 = row[0]
        if let lease = settlement.lease {
            guard try Self.end(lease, of: settlement.event, installation, settlement.at, db) else {
                return SettlementResult(isApplied: false, hasMore: false)
            }
        }
        // An event may have been given up while its delivery was under way. What the target took is delivered.
        let wasWaiting = state == .pending || state == .leased
        guard wasWaiting || (state == .dead && settlement.change == .delivered) else {
            return SettlementResult(isApplied: false, hasMore: waitingIndex.hasWaiting(installation))
        }
        try apply(settlement, installation, db)
        if settlement.change.holdsUntil != nil { return SettlementResult(isApplied: true, hasMore: false) }
        let length = row[2] as Int? ?? 0
        if wasWaiting { end(settlement.event, of: length, installation, db) }
        switch settlement.change {
        case .dead: waitingIndex.addDead(settlement.event.number, of: length, to: installation, db)
        case .delivered where !wasWaiting:
            waitingIndex.removeDead(settlement.event.number, of: length, from: installation, db)
        case .delivered, .retry, .postponed: break
        }
        return SettlementResult(isApplied: true, hasMore: try goOn(installation, settlement, db))
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

    private func apply(_ settlement: Settlement, _ installation: Int64, _ db: Database) throws {
        // A lease counted its attempt when it began.
        let attempt = settlement.lease == nil ? 1 : 0
        switch settlement.change {
        case .delivered:
            try db.cachedStatement(sql: Self.deliver).execute(arguments: [
                attempt, settlement.at.milliseconds, settlement.event.number,
            ])
        case .dead(let failure):
            try db.cachedStatement(sql: Self.bury).execute(arguments: [
                failure == .damaged ? 0 : attempt, settlement.at.milliseconds, failure.text, settlement.event.number,
            ])
            try ClockSteps.note(settlement.event, db)
        case .retry(let until, let failure):
            try db.cachedStatement(sql: Self.postpone).execute(arguments: [
                attempt, failure.text, settlement.event.number,
            ])
            try StreamRows.hold(installation, event: settlement.event, from: settlement.at, until: until, db)
        case .postponed(let until):
            try StreamRows.hold(installation, event: settlement.event, from: settlement.at, until: until, db)
        }
    }

    private mutating func end(_ event: EventID, of bytes: Int, _ installation: Int64, _ db: Database) {
        waitingIndex.remove(event.number, of: bytes, from: installation, db)
        hasSettled = true
    }

    /// What the end of an event means for its stream. Returns whether more waits.
    private mutating func goOn(_ installation: Int64, _ settlement: Settlement, _ db: Database) throws -> Bool {
        guard waitingIndex.hasWaiting(installation) else {
            if try StreamRows.destroyKeyIfDone(installation, settlement.at, waitingIndex, db) { hasErasedKey = true }
            return false
        }
        if settlement.lease != nil { released.append(installation) }
        return true
    }

    /// Ends a lease that still lasts. Returns whether it held the event.
    private static func end(
        _ lease: LeaseID, of event: EventID, _ installation: Int64, _ at: Timestamp, _ db: Database
    ) throws -> Bool {
        try db.cachedStatement(
            sql: "DELETE FROM stream_hold WHERE installation = ? AND event = ? AND lease = ? AND until > ?"
        ).execute(arguments: [installation, event.number, lease.text, at.milliseconds])
        return db.changesCount == 1
    }
}
