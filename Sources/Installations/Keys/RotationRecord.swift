package import Sealing

/// A rotation about to begin.
package struct RotationPlan: Sendable {
    /// The storage key it leads away from.
    package let from: StorageKeyID
    /// The primary key it leads to.
    package let to: StorageKeyID
    /// Whether installation keys are replaced too, not only wrapped anew.
    package let reencrypt: Bool

    /// A plan.
    package init(from: StorageKeyID, to: StorageKeyID, reencrypt: Bool) {
        self.from = from
        self.to = to
        self.reencrypt = reencrypt
    }
}

/// A rotation as the store keeps it.
package struct RotationRecord: Sendable {
    /// Its number, counted from 1.
    package let number: Int64
    /// From which key to which, and how deep.
    package let plan: RotationPlan
    /// When it began.
    package let startedAt: Timestamp
    /// When everything was verified and the old key retired; nil while it is unfinished.
    package let finishedAt: Timestamp?

    /// A rotation read from a store.
    package init(number: Int64, plan: RotationPlan, startedAt: Timestamp, finishedAt: Timestamp?) {
        self.number = number
        self.plan = plan
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }
}

/// The places in a rotation after which a crash must leave a store that goes on. Tests stop the process at each.
package enum RotationStep: String, CaseIterable, Sendable {
    /// The new key's file is durable, its row not written.
    case keyWritten = "key-written"
    /// The new key's row is committed, the key not promoted.
    case keyCommitted = "key-committed"
    /// The new key is primary, nothing wrapped under it yet.
    case promoted
    /// A batch is wrapped anew in memory.
    case batchRead = "batch-read"
    /// A batch is written in its transaction, which is not committed.
    case batchWritten = "batch-written"
    /// A batch is committed.
    case batchCommitted = "batch-committed"
    /// Everything is verified, the old key not retired.
    case verified
    /// The old key is retired, the rotation not recorded as ended.
    case retired
}

/// Told when a rotation reaches a step.
package typealias RotationProbe = @Sendable (RotationStep) -> Void
