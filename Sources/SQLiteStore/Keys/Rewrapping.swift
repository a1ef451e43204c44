import GRDB
package import Installations
import Marketplace
package import Sealing
import Store

extension SQLiteStore: KeyRotationStore {
    package func rewrap(
        from old: StorageKeyID, in range: NumberRange, limit: Int, at: Timestamp
    ) async throws(StoreError) -> RewrapBatch {
        try await takingTurns { () async throws(StoreError) in
            let plan = try await planRewrap(from: old, in: range, limit: limit)
            return try await commit(plan, at) { swap, swapping in try swapping.swap(swap) }
        }
    }

    /// Wraps a batch anew outside any write, so that its cryptography holds nobody up.
    func planRewrap(
        from old: StorageKeyID, in range: NumberRange, limit: Int
    ) async throws(StoreError) -> RewrapPlan<RewrapRow.Swap> {
        let plan = try await readQuietly { [vault, authority] db, giveWay in
            let found = try RewrapRow.fetch(db, under: old, in: range, limit: limit)
            let primary = try StorageKeyRows.primary(authority, db)
            var plan = RewrapPlan<RewrapRow.Swap>(of: found)
            for (index, row) in found.rows.enumerated() {
                giveWay(index)
                try plan.add(row) { () throws(StoreError) in try row.rewrapped(under: primary, vault) }
            }
            return plan
        }
        probe(.batchRead)
        return plan
    }

    /// Swaps what nobody changed since the plan was made, in one transaction if nobody else wants to write. Where somebody
    /// does or soon may, the transaction ends, and what is left goes into the next one after that.
    func commit<Swap: Sendable>(
        _ plan: RewrapPlan<Swap>, _ at: Timestamp, swap: @escaping @Sendable (Swap, Swapping) throws -> Bool
    ) async throws(StoreError) -> RewrapBatch {
        var batch = RewrapBatch()
        guard plan.last != nil else { return batch }
        var rest = plan.swaps[...]
        repeat {
            let part = try await writeGivingWay { [probe, authority, rest] db, isAwaited in
                // The same each time, so only the first changes anything.
                try DamagedRows.note(plan.damaged, at, db)
                let swapping = try Swapping(authority, db)
                var part = (tried: 0, swapped: 0)
                for row in rest {
                    if part.tried >= Self.leastSwaps, isAwaited() { break }
                    part.tried += 1
                    if try swap(row, swapping) { part.swapped += 1 }
                }
                probe(.batchWritten)
                return part
            }
            probe(.batchCommitted)
            batch.rewrapped += part.swapped
            rest = rest.dropFirst(part.tried)
        } while !rest.isEmpty
        batch.overtaken = plan.swaps.count - batch.rewrapped
        batch.damaged = plan.damaged
        batch.last = plan.last
        return batch
    }

    /// Rows that a transaction changes before it gives way: however busy the store is, the work comes to its end. They
    /// take less time than the commit.
    static let leastSwaps = 32

    package func rewrapDeployment(at: Timestamp) async throws(StoreError) -> Bool {
        try await write { [vault, authority, keys] db in
            let primary = try StorageKeyRows.primary(authority, db)
            let row = try Row.fetchOne(db, sql: "SELECT wrapped_key, storage_key FROM deployment")
            guard let row, row["storage_key"] as String != primary.description else { return false }
            let wrapped = try row.sealed("wrapped_key", table: "deployment", number: 1)
            let form = try DeploymentRow.read(authority.seal, least: keys.form, db)?.form
            let new = try vault.rewrap(
                wrapped, in: DeploymentKeys.context(form), under: primary, table: "deployment", number: 1)
            try db.execute(
                sql: "UPDATE deployment SET wrapped_key = ?, storage_key = ?",
                arguments: [new.bytes.databaseBytes, primary.description])
            return true
        }
    }
}

/// A batch that is sealed anew and not written yet.
struct RewrapPlan<Swap: Sendable>: Sendable {
    /// The last row in it; nil when there is none.
    let last: Int64?
    private(set) var swaps: [Swap] = []
    private(set) var damaged: [DamagedValue] = []

    /// An empty plan for rows, with those that do not even name their installation as damaged.
    init(of found: RewrapRow.Found) {
        last = found.last
        damaged = found.unnamed.map {
            DamagedValue(table: "installation", number: $0, installation: nil, reason: .corrupt)
        }
    }

    /// Adds what `make` makes of a row, or notes the row as damaged.
    ///
    /// - Throws: `.unknownStorageKey`: that is no damage of this row, so the batch stops untouched.
    mutating func add(_ row: RewrapRow, _ make: () throws(StoreError) -> Swap) throws(StoreError) {
        do {
            swaps.append(try make())
        } catch .corruptRow(let table, let number) {
            damaged.append(
                DamagedValue(table: table, number: number, installation: row.id, reason: .corrupt))
        } catch .storageKeyNotInForce {
            damaged.append(
                DamagedValue(table: "installation", number: row.number, installation: row.id, reason: .unknownKey))
        } catch {
            throw error
        }
    }
}

/// One installation whose key is to be wrapped anew.
struct RewrapRow: Sendable {
    let number: Int64
    let id: InstallationID
    let old: StorageKeyID
    let version: Int64
    let tokenSet: Int64
    private let wrapped: [UInt8]

    /// What a look at some rows found.
    struct Found: Sendable {
        var rows: [RewrapRow] = []
        /// Rows whose names no installation can have: somebody changed them.
        var unnamed: [Int64] = []
        /// The last row looked at; nil when there was none.
        var last: Int64?
    }

    /// Rows under `old`, in the order of their numbers: read from the census index.
    static func fetch(
        _ db: Database, under old: StorageKeyID, in range: NumberRange, limit: Int
    ) throws -> Found {
        let statement = try DirectStatement(
            """
            SELECT number, addon_key, workspace_id, addon_id, version, token_set, wrapped_key FROM installation
            WHERE storage_key = ? AND number > ? AND number <= ? ORDER BY number LIMIT ?
            """, db)
        var found = Found()
        try statement.forEach { values in
            try values.bind(old.description, at: 1)
            try values.bind(range.after, at: 2)
            try values.bind(range.through, at: 3)
            try values.bind(Int64(limit), at: 4)
        } read: { row in
            let number = row.int64(0)
            found.last = number
            guard let id = row.installationID(from: 1) else { return found.unnamed.append(number) }
            found.rows.append(
                RewrapRow(
                    number: number, id: id, old: old, version: row.int64(4), tokenSet: row.int64(5),
                    wrapped: row.bytes(6)))
        }
        return found
    }

    /// The installation key as it lies in the row.
    func sealedKey() throws(StoreError) -> SealedValue {
        try SealedValue(stored: wrapped, table: "installation", number: number)
    }

    /// The row's key under `primary`, read back before it may replace the old one.
    func rewrapped(under primary: StorageKeyID, _ vault: InstallationVault) throws(StoreError) -> Swap {
        let new = try vault.rewrap(
            sealedKey(), in: id.context(.installationKey), under: primary, table: "installation", number: number)
        return Swap(row: self, primary: primary, new: new)
    }

    /// A row's new value and what the old one must still be for it to count.
    struct Swap: Sendable {
        let row: RewrapRow
        let primary: StorageKeyID
        let new: SealedValue
    }
}

/// The swaps of one transaction.
struct Swapping {
    let db: Database
    private let primary: StorageKeyID
    private let statement: DirectStatement

    init(_ authority: Authority, _ db: Database) throws {
        self.db = db
        primary = try StorageKeyRows.primary(authority, db)
        statement = try DirectStatement(
            """
            UPDATE installation SET wrapped_key = ?1, storage_key = ?2, version = \(InstallationRows.nextVersion)
            WHERE number = ?3 AND version = ?4 AND storage_key = ?5
            """, db)
    }

    /// Swaps, unless the row or the primary key changed since the batch was read: then whoever changed it wins.
    func swap(_ swap: RewrapRow.Swap) throws -> Bool {
        guard swap.primary == primary else { return false }
        try statement.run { values in
            try values.bind(swap.new.bytes, at: 1)
            try values.bind(primary.description, at: 2)
            try values.bind(swap.row.number, at: 3)
            try values.bind(swap.row.version, at: 4)
            try values.bind(swap.row.old.description, at: 5)
        }
        return db.changesCount == 1
    }
}
