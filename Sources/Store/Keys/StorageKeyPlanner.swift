package import Installations
package import Sealing

/// Decides what becomes of storage keys. It reads nothing and writes nothing.
package enum StorageKeyPlanner {
    /// A key that was added.
    package static func add(_ key: StorageKey, actor: Actor, at: Timestamp) -> Change {
        .decide(
            .newStorageKey(key.id, checkValue: key.checkValue, at: at),
            by: entry(.prepared, of: key.id, .addStorageKey, actor, at))
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
    ) throws(StoreError) -> Result<[Change], StorageKeyRefusal> {
        guard key.isGenuine || (step == .retire && key.state != .primary) else {
            throw .forgedRow(.storageKey)
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
        let write = write(next, of: key.id, step.action, actor, at)
        guard next == .primary else { return .success([write]) }
        guard let primary else { throw .noPrimaryKey }
        // In this order: there is one primary at every moment.
        return .success([self.write(.retiring, of: primary, step.action, actor, at), write])
    }

    /// The key as it stands when a step is written.
    package static func record(_ key: StorageKeyRecord, after changes: [Change]) -> StorageKeyRecord {
        for case .decide(.storageKey(key.id, let state, let dates), _) in changes {
            var (promotedAt, retiredAt) = (key.promotedAt, key.retiredAt)
            for date in dates {
                switch date {
                case .promoted(let at): promotedAt = at
                case .retired(let at): retiredAt = at
                case .destroyed: break
                }
            }
            return StorageKeyRecord(
                id: key.id, state: state, createdAt: key.createdAt, promotedAt: promotedAt, retiredAt: retiredAt,
                checkValue: key.checkValue, installations: key.installations, isGenuine: true)
        }
        return key
    }

    private static func write(
        _ state: StorageKeyState, of id: StorageKeyID, _ action: AuditAction, _ actor: Actor, _ at: Timestamp
    ) -> Change {
        let dates: [StorageKeyDate] =
            switch state {
            case .prepared, .retiring: [.retired(nil)]
            case .primary: [.promoted(at), .retired(nil)]
            case .disabled: [.retired(at)]
            case .destroyed: [.destroyed(at)]
            }
        return .decide(.storageKey(id, state, dates), by: entry(state, of: id, action, actor, at))
    }

    private static func entry(
        _ state: StorageKeyState, of id: StorageKeyID, _ action: AuditAction, _ actor: Actor, _ at: Timestamp
    ) -> AuditEntry {
        AuditEntry(
            at: at, actor: actor.text, action: action.rawValue, subject: id.description, outcome: state.rawValue,
            decides: .storageKey(id))
    }
}
