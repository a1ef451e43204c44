import GRDB
package import Installations
import Marketplace
package import Sealing

extension SQLiteStore: KeyRotationStore {
    package func rewrap(
        from old: StorageKeyID, after: Int64, limit: Int, at: Timestamp
    ) async throws(StoreError) -> RewrapBatch {
        try await commit(try await planRewrap(from: old, after: after, limit: limit), at)
    }

    /// Wraps a batch anew outside any transaction, so that its cryptography holds no writer up.
    func planRewrap(from old: StorageKeyID, after: Int64, limit: Int) async throws(StoreError) -> RewrapPlan {
        let rows = try await read { db in try RewrapRow.fetch(db, under: old, after: after, limit: limit) }
        var plan = RewrapPlan(last: rows.last?.number)
        guard plan.last != nil else { return plan }
        let primary = try await read { db in try StorageKeyRows.primary(db) }
        for row in rows {
            switch try row.rewrapped(under: primary, vault) {
            case .swap(let swap): plan.swaps.append(swap)
            case .damaged(let damaged): plan.damaged.append(damaged)
            }
        }
        return plan
    }

    /// Swaps what nobody changed since the plan was made.
    func commit(_ plan: RewrapPlan, _ at: Timestamp) async throws(StoreError) -> RewrapBatch {
        var batch = RewrapBatch()
        guard plan.last != nil else { return batch }
        batch.rewrapped = try await write { db in
            try DamagedRows.note(plan.damaged, at, db)
            return try plan.swaps.count { try $0.swap(db) }
        }
        batch.overtaken = plan.swaps.count - batch.rewrapped
        batch.damaged = plan.damaged
        batch.last = plan.last
        return batch
    }

    package func rewrapDeployment(at: Timestamp) async throws(StoreError) -> Bool {
        try await write { [vault] db in
            let primary = try StorageKeyRows.primary(db)
            let row = try Row.fetchOne(db, sql: "SELECT wrapped_key, storage_key FROM deployment")
            guard let row, row["storage_key"] as String != primary.description else { return false }
            let wrapped = try row.sealed("wrapped_key", table: "deployment", number: 1)
            let new = try vault.rewrap(
                wrapped, in: DeploymentKeys.context, under: primary, table: "deployment", number: 1)
            try db.execute(
                sql: "UPDATE deployment SET wrapped_key = ?, storage_key = ?",
                arguments: [new.bytes.databaseBytes, primary.description])
            return true
        }
    }
}

/// A batch that is wrapped anew and not written yet.
struct RewrapPlan: Sendable {
    let last: Int64?
    var swaps: [RewrapRow.Swap] = []
    var damaged: [DamagedValue] = []

    init(last: Int64?) { self.last = last }
}

/// One installation key that is to be wrapped anew.
struct RewrapRow: Sendable {
    let number: Int64
    let id: InstallationID
    let old: StorageKeyID
    let version: Int64
    let wrapped: [UInt8]

    /// What became of a row outside the transaction.
    enum Outcome {
        case swap(Swap)
        case damaged(DamagedValue)
    }

    /// A row's new value and what the old one must still be for it to count.
    struct Swap: Sendable {
        let row: RewrapRow
        let primary: StorageKeyID
        let new: SealedValue

        /// Swaps, unless the row or the primary key changed since: then whoever changed it wins.
        func swap(_ db: Database) throws -> Bool {
            try db.cachedStatement(
                sql: """
                    UPDATE installation SET wrapped_key = ?, storage_key = ?, version = version + 1
                    WHERE number = ? AND version = ? AND storage_key = ?
                        AND EXISTS (SELECT 1 FROM storage_key WHERE id = ? AND state = 'primary')
                    """
            ).execute(arguments: [
                new.bytes.databaseBytes, primary.description, row.number, row.version, row.old.description,
                primary.description,
            ])
            return db.changesCount == 1
        }
    }

    static func fetch(_ db: Database, under old: StorageKeyID, after: Int64, limit: Int) throws -> [RewrapRow] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT number, addon_key, workspace_id, addon_id, version, wrapped_key FROM installation
                    WHERE storage_key = ? AND number > ? ORDER BY number LIMIT ?
                    """),
            arguments: [old.description, after, limit]
        ).map { row in
            guard let id = try InstallationRows.idIfAny(row) else {
                throw StoreError.corruptRow(table: "installation", number: row["number"])
            }
            return RewrapRow(
                number: row["number"], id: id, old: old, version: row["version"], wrapped: row.bytes("wrapped_key"))
        }
    }

    /// The row's key under `primary`, read back before it may replace the old one.
    ///
    /// - Throws: `.unknownStorageKey`: that is no damage of this row, so the batch stops untouched.
    func rewrapped(
        under primary: StorageKeyID, _ vault: InstallationVault
    ) throws(StoreError) -> Outcome {
        func damaged(_ reason: DamagedValue.Reason) -> Outcome {
            .damaged(DamagedValue(table: "installation", number: number, installation: id, reason: reason))
        }
        let value: SealedValue
        do {
            value = try SealedValue(bytes: wrapped)
        } catch {
            return damaged(.malformed)
        }
        do {
            let context = id.context(.installationKey)
            let new = try vault.rewrap(value, in: context, under: primary, table: "installation", number: number)
            let readBack = try vault.openKey(new, of: id, number: number)
            let before = try vault.openKey(value, of: id, number: number)
            guard readBack.id == before.id else { return damaged(.altered) }
            return .swap(Swap(row: self, primary: primary, new: new))
        } catch .corruptRow {
            return damaged(.altered)
        } catch {
            throw error
        }
    }
}
