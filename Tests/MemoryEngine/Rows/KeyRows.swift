package import Installations
package import Sealing
package import Store

/// A storage key.
package struct StorageKeyRow: Sendable {
    /// Its id.
    package var id: StorageKeyID
    /// Where it stands.
    package var state: StorageKeyState
    /// When it was added.
    package var createdAt: Timestamp
    /// When it became primary.
    package var promotedAt: Timestamp?
    /// When it was retired.
    package var retiredAt: Timestamp?
    /// When its material went.
    package var destroyedAt: Timestamp?
    /// Tells the right key file from a wrong one.
    package var checkValue: [UInt8]
    /// What vouches for its state.
    package var proof: AuthorityProof?
}

/// A rotation.
package struct RotationRow: Sendable {
    /// What it says.
    package var record: RotationRecord
    /// What vouches for it.
    package var proof: AuthorityProof?

    /// A row.
    package init(record: RotationRecord, proof: AuthorityProof?) {
        self.record = record
        self.proof = proof
    }
}

/// An API key.
package struct APIKeyRow: Sendable {
    /// Its id.
    package var id: String
    /// What the operator calls it.
    package var name: String
    /// What it gives.
    package var grant: APIKeyGrant
    /// The keyed hash of its secret.
    package var hash: [UInt8]
    /// When it was created.
    package var createdAt: Timestamp
    /// When it was last used and from where.
    package var lastUse: (at: Timestamp, from: String)?
    /// When it was revoked.
    package var revokedAt: Timestamp?
    /// What vouches for it.
    package var proof: AuthorityProof?
}

/// What is known of the clock.
package struct ClockRow: Sendable {
    /// The latest time it showed.
    package var shown = Timestamp(milliseconds: 0)
    /// When events were cleared away last.
    package var swept = Timestamp(milliseconds: 0)
    /// When it was put back, oldest first.
    package var steps: [ClockStepRow] = []
}

/// A moment in which the clock was put back.
package struct ClockStepRow: Sendable {
    /// The step.
    package var step: ClockStep
    /// Whether it counts no more.
    package var isUndone = false
}
