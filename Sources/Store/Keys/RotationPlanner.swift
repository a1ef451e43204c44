package import Installations
import Sealing

/// Decides what the store records of rotations.
package enum RotationPlanner {
    /// A rotation that begins.
    ///
    /// - Parameters:
    ///   - latest: The one that was begun last, if what it says is authentic.
    ///   - lastNumber: The number of the last row, authentic or not; nil when there is none. A row that is not authentic is taken
    ///     over: an end that somebody set a year ahead would otherwise keep every other from beginning.
    package static func begin(
        _ plan: RotationPlan, latest: RotationRecord?, lastNumber: Int64?, at: Timestamp
    ) -> RotationRecord {
        // What an unfinished one set out to do is part of the new one: it walks over every row again.
        let unfinished = latest?.finishedAt == nil ? latest : nil
        // Behind the largest number there is none: somebody wrote that one, and its row is used again.
        let number = latest.map { unfinished?.number ?? max($0.number, $0.number &+ 1) } ?? lastNumber ?? 1
        return RotationRecord(number: number, plan: plan, startedAt: unfinished?.startedAt ?? at, finishedAt: nil)
    }

    /// The end of a rotation.
    ///
    /// - Throws: `.conflict` when it is not the one under way any more.
    package static func finish(
        _ rotation: RotationRecord, latest: RotationRecord?, at: Timestamp
    ) throws(StoreError) -> RotationRecord {
        guard let latest, latest.number == rotation.number, latest.finishedAt == nil else {
            throw .conflict("the rotation was not the one under way any more")
        }
        return RotationRecord(
            number: latest.number, plan: latest.plan, startedAt: latest.startedAt, finishedAt: at)
    }

    /// What decides that a rotation stands as it does.
    package static func entry(_ rotation: RotationRecord, actor: Actor, at: Timestamp) -> AuditEntry {
        let plan = rotation.plan
        return AuditEntry(
            at: at, actor: actor.text, action: AuditAction.rotateStorageKey.rawValue, subject: plan.from.description,
            outcome: rotation.finishedAt == nil ? "began" : "finished",
            detail: "to \(plan.to)" + (plan.reencrypt ? ", with new installation keys" : ""),
            decides: .rotation(rotation.number))
    }
}

extension RotationRecord {
    /// What its row says.
    package var claim: AuthorityClaim { .rotation(number: number, plan: plan, finishedAt: finishedAt) }
}
