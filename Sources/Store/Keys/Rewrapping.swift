package import Installations
package import Sealing

extension Store: KeyRotationStore {
    package func rewrap(
        from old: StorageKeyID, in range: NumberRange, limit: Int, at: Timestamp
    ) async throws(StoreError) -> RewrapBatch {
        try await engine.takingTurns { () async throws(StoreError) in
            try await commit(planRewrap(from: old, in: range, limit: limit), at)
        }
    }

    /// Wraps a batch anew outside any write, so that its cryptography holds nobody up.
    func planRewrap(
        from old: StorageKeyID, in range: NumberRange, limit: Int
    ) async throws(StoreError) -> SwapPlan {
        let plan = try await engine.readQuietly { [tools] reads, giveWay in
            let found = try reads.wrappedKeys(under: old, in: range, limit: limit)
            let primary = try reads.primary(by: tools)
            var plan = SwapPlan(of: found, to: primary)
            for (index, row) in found.keys.enumerated() {
                giveWay(index)
                try plan.add(row) { () throws(StoreError) in
                    let new = try tools.vault.rewrap(
                        row.sealedKey(), in: row.id.context(.installationKey), under: primary,
                        in: .installation(row.number))
                    return KeySwap(row: row, primary: primary, wrapped: new)
                }
            }
            return plan
        }
        probe(.batchRead)
        return plan
    }

    /// Swaps what nobody changed since the plan was made, in one transaction if nobody else wants to write. Where somebody
    /// does or soon may, the transaction ends, and what is left goes into the next one after that.
    func commit(_ plan: SwapPlan, _ at: Timestamp) async throws(StoreError) -> RewrapBatch {
        var batch = RewrapBatch()
        guard plan.last != nil else { return batch }
        var rest = plan.swaps[...]
        repeat {
            let part = try await engine.transactGivingWay { [tools, probe, rest] writes, isAwaited in
                // The same each time, so only the first changes anything.
                try writes.apply(.damage(found: plan.damaged, at: at), by: tools)
                // Whoever promoted another key meanwhile wins: these come again.
                guard try writes.primary(by: tools) == plan.primary else { return (tried: rest.count, swapped: 0) }
                let part = try writes.swap(rest) { tried in tried < Self.leastSwaps || !isAwaited() }
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
        try await write { [tools] writes in
            let primary = try writes.primary(by: tools)
            let deployment = try writes.deployment()
            let sealed = try deployment.sealedKey()
            // What the row says of it decides nothing: its header names the key that opens it.
            guard deployment.storageKey != primary.description || sealed.keyIDBitPattern != primary.bitPattern else {
                return false
            }
            let form = try deployment.judged(by: tools.authority.seal, least: tools.keys.form)?.form
            let new = try tools.vault.rewrap(
                sealed, in: DeploymentKeys.context(form), under: primary, in: .deployment)
            try writes.apply([.rewrapDeployment(new, under: primary)], by: tools)
            return true
        }
    }

    package func lastInstallationNumber() async throws(StoreError) -> InstallationNumber {
        try await read { reads in try reads.lastInstallationNumber() }
    }

    package func truncateLog() async { await engine.eraseTracesNow() }
}

extension StoredInstallationKey {
    /// The installation key as it lies in the row.
    func sealedKey() throws(StoreError) -> SealedValue {
        try SealedValue(stored: wrapped, in: .installation(number))
    }
}

/// A batch that is sealed anew and not written yet.
struct SwapPlan: Sendable {
    /// The storage key that it is wrapped under.
    let primary: StorageKeyID
    /// The last row in it; nil when there is none.
    let last: InstallationNumber?
    private(set) var swaps: [KeySwap] = []
    private(set) var damaged: [DamagedValue] = []

    /// An empty plan for rows, with those that do not even name their installation as damaged.
    init(of found: StoredInstallationKeys, to primary: StorageKeyID) {
        self.primary = primary
        last = found.last
        damaged = found.unnamed.map {
            DamagedValue(.installation($0), installation: nil, reason: .corrupt)
        }
    }

    /// Adds what `make` makes of a row, or notes the row as damaged.
    ///
    /// - Throws: `.unknownStorageKey`: that is no damage of this row, so the batch stops untouched.
    mutating func add(_ row: StoredInstallationKey, _ make: () throws(StoreError) -> KeySwap) throws(StoreError) {
        do {
            swaps.append(try make())
        } catch .corruptRow(let item) {
            damaged.append(
                DamagedValue(item, installation: row.id, reason: .corrupt))
        } catch .storageKeyNotInForce {
            damaged.append(
                DamagedValue(.installation(row.number), installation: row.id, reason: .unknownKey))
        } catch {
            throw error
        }
    }
}

extension [Change] {
    /// What is remembered of values that do not open.
    static func damage(found values: [DamagedValue], at: Timestamp) -> [Change] {
        values.isEmpty ? [] : [.noteDamaged(values, at: at)]
    }
}
