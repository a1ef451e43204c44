import GRDB
package import Installations
import Marketplace
import Sealing
import Store

extension SQLiteStore {
    package func reseal(in range: NumberRange, at: Timestamp) async throws(StoreError) -> ResealBatch? {
        // By the writer, which knows exactly which events there are: what would be missed could never be opened again.
        let found = try await write { [waitingIndex] db in try ResealWork.next(in: range, waitingIndex, db) }
        guard let found else { return nil }
        let (work, plan) = try await readQuietly { [vault, waitingIndex] db, _ in
            let work = try found.reading(SealedEvents(waitingIndex, db))
            return (work, try work.plan(vault))
        }
        return try await write { db in
            try DamagedRows.note(plan.damaged, at, db)
            return try work.commit(plan, db)
        }
    }
}

/// Some events of one installation that wait under the key which a re-encryption replaced.
struct ResealWork: Sendable {
    /// Events in one batch.
    private static let limit = 500
    /// Bytes of bodies in one batch, more or less: a body may have a megabyte.
    private static let byteLimit = 4 << 20

    /// A batch that is sealed anew and not written yet.
    struct Plan: Sendable {
        var swaps: [(event: Int64, sealed: SealedValue)] = []
        var damaged: [DamagedValue] = []
        /// Whether the keys themselves open.
        var isPossible = true
    }

    let number: Int64
    let id: InstallationID
    private let keys: InstallationKeyRow
    private let ids: [Int64]
    private var events: [(event: Int64, body: SealedBody)] = []
    /// Whether the installation has no more than these.
    private var isLast: Bool

    /// The next batch: the oldest events of the first installation in `range` that has an outgoing key.
    static func next(in range: NumberRange, _ waitingIndex: WaitingIndex, _ db: Database) throws -> ResealWork? {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT number, addon_key, workspace_id, addon_id, installation.wrapped_key, installation.installation_key,
                    outgoing_key.wrapped_key AS outgoing, resealed_through
                FROM outgoing_key JOIN installation ON number = installation
                WHERE installation > ? AND installation <= ? ORDER BY installation LIMIT 1
                """, arguments: [range.after, range.through])
        guard let row, let id = try InstallationRows.idIfAny(row) else { return nil }
        return try ResealWork(row, id, waitingIndex, db)
    }

    private init(_ row: Row, _ id: InstallationID, _ waitingIndex: WaitingIndex, _ db: Database) throws {
        self.id = id
        number = row["number"]
        keys = InstallationKeyRow(row)
        let ids = try SealedEvents(waitingIndex, db)
            .ids(of: number, after: row["resealed_through"], limit: Self.limit + 1)
        self.ids = Array(ids.prefix(Self.limit))
        isLast = ids.count <= Self.limit
    }

    /// The same with the bodies that are still there, as many as a batch may have.
    func reading(_ sealed: SealedEvents) throws -> ResealWork {
        var work = self
        var bytes = 0
        for event in ids {
            guard bytes < Self.byteLimit else {
                work.isLast = false
                break
            }
            guard let body = try sealed.body(of: event) else { continue }
            work.events.append((event, body))
            bytes += body.sealed.count
        }
        return work
    }

    /// Seals the batch anew under the installation's current key.
    func plan(_ vault: InstallationVault) throws(StoreError) -> Plan {
        var plan = Plan()
        let opener: InstallationKeys
        do {
            opener = try keys.open(of: id, number: number, vault)
        } catch .corruptRow {
            plan.damaged = [damaged("installation", number)]
            plan.isPossible = false
            return plan
        } catch {
            throw error
        }
        for (event, body) in events {
            do {
                let sealed = try SealedValue(stored: body.sealed, table: "event", number: event)
                // What came in since the fresh key is under it already.
                guard let outgoing = opener.outgoing, sealed.keyIDBitPattern != opener.current.id.bitPattern
                else { continue }
                let new = try vault.reseal(
                    sealed, from: outgoing, to: opener.current, of: id,
                    at: .event(EventID(number: event), type: body.type), table: "event", number: event)
                plan.swaps.append((event, new))
            } catch {
                plan.damaged.append(damaged("event", event))
            }
        }
        return plan
    }

    /// Replaces the bodies that are still there, and drops the outgoing key after the last.
    func commit(_ plan: Plan, _ db: Database) throws -> ResealBatch {
        // Keys that do not open stay as they are, and the next installation's turn has come.
        guard plan.isPossible else { return batch(plan, resealed: 0, next: number) }
        // Whoever gave the installation another key meanwhile wins; its events come again.
        let isCurrent = try Int.fetchOne(
            db, sql: "SELECT 1 FROM installation WHERE number = ? AND wrapped_key = ?",
            arguments: [number, keys.current.databaseBytes])
        guard isCurrent != nil else { return batch(plan, resealed: 0, next: number - 1) }
        // A body that is gone was settled, and stays gone.
        let update = try db.cachedStatement(
            sql: "UPDATE event SET sealed_body = ? WHERE id = ? AND sealed_body IS NOT NULL")
        for swap in plan.swaps { try update.execute(arguments: [swap.sealed.bytes.databaseBytes, swap.event]) }
        if isLast {
            try db.execute(sql: "DELETE FROM outgoing_key WHERE installation = ?", arguments: [number])
        } else if let last = events.last {
            try db.execute(
                sql: "UPDATE outgoing_key SET resealed_through = ? WHERE installation = ?",
                arguments: [last.event, number])
        }
        return batch(plan, resealed: plan.swaps.count, next: isLast ? number : number - 1)
    }

    private func batch(_ plan: Plan, resealed: Int, next: Int64) -> ResealBatch {
        var batch = ResealBatch(next: next)
        batch.resealed = resealed
        batch.damaged = plan.damaged
        return batch
    }

    private func damaged(_ table: String, _ number: Int64) -> DamagedValue {
        DamagedValue(table: table, number: number, installation: id, reason: .corrupt)
    }
}
