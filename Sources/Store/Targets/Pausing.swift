package import Installations
package import Webhooks

extension Store: TargetStore {
    package func storedPauses() async throws(StoreError) -> [TargetPause] {
        try await read { reads in try reads.pauses() }
    }

    /// What this process decides meanwhile is read again: it follows its own records as well.
    package func loadPauses() async throws(StoreError) { pauses.replace(with: try await storedPauses()) }

    package func pause(_ target: TargetID, actor: Actor, at: Timestamp) async throws(StoreError) -> Bool {
        let pause = TargetPause(target: target, since: at)
        return try await decide(.pause(pause), .pauseTarget, actor, at: at, if: { !$0 }, for: target) { [pauses] in
            pauses.add(pause)
        }
    }

    package func resume(_ target: TargetID, actor: Actor, at: Timestamp) async throws(StoreError) -> Bool {
        try await decide(.resume(target), .resumeTarget, actor, at: at, if: { $0 }, for: target) { [pauses] in
            pauses.remove(target)
        }
    }

    /// - Parameter isDue: Whether there is anything to change, given whether it is paused.
    private func decide(
        _ change: Change, _ action: AuditAction, _ actor: Actor, at: Timestamp,
        if isDue: @escaping @Sendable (Bool) -> Bool, for target: TargetID, then tell: @escaping @Sendable () -> Void
    ) async throws(StoreError) -> Bool {
        try await write { [tools] writes in
            let isPaused = try writes.pauses().contains { $0.target == target }
            guard isDue(isPaused) else { return false }
            let entry = AuditEntry(
                at: at, actor: actor.text, action: action.rawValue, subject: target.text,
                outcome: action == .pauseTarget ? "paused" : "resumed")
            try writes.apply([change, .record(entry)], by: tools)
            return true
        } committed: { isChanged in
            if isChanged { tell() }
        }
    }
}
