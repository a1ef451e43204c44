package import Installations
package import Sealing

extension Store: StorageKeyStore {
    package func storageKeys() async throws(StoreError) -> [StorageKeyRecord] {
        try await read { [tools] reads in try reads.storageKeys(judgedBy: tools) }
    }

    package func storageKey(_ id: StorageKeyID) async throws(StoreError) -> StorageKeyRecord? {
        try await read { [tools] reads in try reads.storageKeys([id], judgedBy: tools).first }
    }

    package func addStorageKey(_ key: StorageKey, actor: Actor, at: Timestamp) async throws(StoreError) {
        let addition = StorageKeyPlanner.add(key, actor: actor, at: at)
        try await write { [tools] writes in try writes.apply([addition], by: tools) }
    }

    package func advance(
        _ id: StorageKeyID, by step: StorageKeyStep, immediately: Bool, actor: Actor, at: Timestamp
    ) async throws(StoreError) -> Result<StorageKeyRecord, StorageKeyRefusal> {
        // A walk over all rows, so before the writer is held.
        let hidden = step == .retire || step == .destroy ? try await read { try $0.hidden(under: id) } : 0
        return try await write { [tools] writes in
            guard let key = try writes.storageKeys([id], judgedBy: tools).first else { return .failure(.unknown) }
            let lacking =
                step == .promote && key.state != .primary
                ? try writes.instances().filter { $0.isLive && !$0.profile.loadedKeys.contains(id) } : []
            guard lacking.isEmpty else { return .failure(.notLoaded(id, by: lacking.map(\.profile.name))) }
            let plan = try StorageKeyPlanner.advance(
                key, by: step, immediately: immediately, dependents: try writes.dependents(on: id) + hidden,
                actor: actor, at: at,
                primary: step == .promote ? try writes.primaryKey()?.id(by: tools.authority) : nil)
            if case .success(let changes) = plan { try writes.apply(changes, by: tools) }
            return plan.map { StorageKeyPlanner.record(key, after: $0) }
        }
    }
}

extension KeyReads {
    /// The keys that are asked for, or all, oldest first, judged.
    func storageKeys(_ ids: [StorageKeyID]? = nil, judgedBy tools: StoreTools) throws -> [StorageKeyRecord] {
        let keys = try storageKeys(ids)
        guard !keys.isEmpty else { return [] }
        let steps = try clock().steps
        return keys.map { $0.judged(by: tools.authority, steps) }
    }

    /// The key that new installation keys are wrapped under.
    ///
    /// - Throws: `.forgedRow` when somebody without the deployment's key made it the primary one.
    func primary(by tools: StoreTools) throws -> StorageKeyID {
        guard let primary = try primaryKey() else { throw StoreError.noPrimaryKey }
        return try primary.id(by: tools.authority)
    }
}

/// The row of a storage key, not judged yet.
package struct StoredStorageKey: Sendable {
    /// The key's id.
    package let id: StorageKeyID
    /// Where it stands.
    package let state: StorageKeyState
    /// When it was added.
    package let createdAt: Timestamp
    /// When it became primary, by the clock of then.
    package let promotedAt: Timestamp?
    /// When it was retired, by the clock of then.
    package let retiredAt: Timestamp?
    /// Tells the right key file from a wrong one.
    package let checkValue: [UInt8]
    /// Installations whose key is wrapped under it, counted in an index.
    package let installations: Int64
    /// What vouches for its state, and the newest record that decides about it.
    package let vouched: Vouched

    /// What was read.
    package init(
        id: StorageKeyID, state: StorageKeyState, createdAt: Timestamp, promotedAt: Timestamp?, retiredAt: Timestamp?,
        checkValue: [UInt8], installations: Int64, vouched: Vouched
    ) {
        self.id = id
        self.state = state
        self.createdAt = createdAt
        self.promotedAt = promotedAt
        self.retiredAt = retiredAt
        self.checkValue = checkValue
        self.installations = installations
        self.vouched = vouched
    }

    /// Whether it may open anything: nobody retired or destroyed it, and its row is authentic.
    package func isInForce(by authority: Authority) -> Bool {
        state.isInForce && authority.isGenuine(.storageKey(id, state: state), vouched)
    }

    /// The key as an operator sees it. Its dates are no later than the clock was put back since: the grace of a retired key and
    /// the age of a primary count by them.
    func judged(by authority: Authority, _ steps: ClockSteps) -> StorageKeyRecord {
        func date(_ date: Timestamp?) -> Timestamp? {
            date.map { steps.date($0, recordedAs: vouched.proof?.decidedBy ?? 0) }
        }
        return StorageKeyRecord(
            id: id, state: state, createdAt: createdAt, promotedAt: date(promotedAt), retiredAt: date(retiredAt),
            checkValue: checkValue, installations: installations,
            isGenuine: authority.isGenuine(.storageKey(id, state: state), vouched))
    }
}
