package import Installations
package import Sealing

/// Decides what becomes of storage keys. It reads nothing and writes nothing.
package enum StorageKeyPlanner {
    /// A state that a storage key gets, decided by the audit record of this entry.
    package struct Write: Sendable {
        /// Which key.
        package let id: StorageKeyID
        /// Its state from then on.
        package let state: StorageKeyState
        /// What decides it.
        package let entry: AuditEntry

        /// What the key's row says from then on.
        package var claim: AuthorityClaim { .storageKey(id, state: state) }
    }

    /// A key that was added.
    package static func add(_ id: StorageKeyID, actor: Actor, at: Timestamp) -> Write {
        write(.prepared, of: id, .addStorageKey, actor, at)
    }

    /// What a step writes, in this order; nothing when the key is there already.
    ///
    /// - Parameters:
    ///   - key: The key as the transaction sees it that will write.
    ///   - dependents: What still needs it, counted there: nobody can begin to use the key after the count.
    ///   - primary: The primary key there; asked for a promotion only.
    /// - Throws: `.forgedRow`: a state that somebody wrote into the file is no reason to go on from there. The way out takes
    ///   authority away.
    package static func advance(
        _ key: StorageKeyRecord, by step: StorageKeyStep, immediately: Bool, dependents: Int64, actor: Actor,
        at: Timestamp, primary: StorageKeyID?
    ) throws(StoreError) -> Result<[Write], StorageKeyRefusal> {
        guard key.isGenuine || (step == .retire && key.state != .primary) else {
            throw .forgedRow(table: "storage_key", number: 0)
        }
        let next: StorageKeyState?
        do throws(StorageKeyRefusal) {
            next = try StorageKeyLife.next(
                step, from: key.isGenuine ? key.state : .retiring, installations: dependents, retiredAt: key.retiredAt,
                now: at, immediately: immediately)
        } catch {
            return .failure(error)
        }
        guard let next else { return .success([]) }
        let write = write(next, of: key.id, step.auditAction, actor, at)
        guard next == .primary else { return .success([write]) }
        guard let primary else { throw .noPrimaryKey }
        // In this order: there is one primary at every moment.
        return .success([self.write(.retiring, of: primary, step.auditAction, actor, at), write])
    }

    private static func write(
        _ state: StorageKeyState, of id: StorageKeyID, _ action: AuditAction, _ actor: Actor, _ at: Timestamp
    ) -> Write {
        Write(
            id: id, state: state,
            entry: AuditEntry(
                at: at, actor: actor.text, action: action.rawValue, subject: id.description, outcome: state.rawValue,
                decides: .storageKey(id)))
    }
}

extension StorageKeyStep {
    /// What the audit log calls it.
    fileprivate var auditAction: AuditAction {
        switch self {
        case .promote: return .promoteStorageKey
        case .retire: return .retireStorageKey
        case .enable: return .enableStorageKey
        case .destroy: return .destroyStorageKey
        }
    }
}
