package import Installations

/// Judges rows of authority: whether what they say was said by whoever holds the deployment's key, and is the last word.
package struct Authority: Sendable {
    /// Made the MACs.
    package let seal: AuthoritySeal
    /// Whether rows from before there were MACs count.
    package let gate: FormGate

    /// Judges by this seal.
    package init(seal: AuthoritySeal, gate: FormGate) {
        self.seal = seal
        self.gate = gate
    }

    /// Whether a row that says `claim` is authentic and not stale. A row without a proof is one from before there were any:
    /// it counts while the store is brought up to date, if no record decided about it since.
    ///
    /// - Parameter latest: The number of the newest audit record that decides about the row; 0 when there is none.
    package func isGenuine(_ claim: AuthorityClaim, _ proof: AuthorityProof?, latest: RecordNumber) -> Bool {
        guard let proof else { return gate.takesOlder && latest == 0 }
        return seal.vouches(for: claim, proof) && proof.decidedBy >= latest
    }
}
