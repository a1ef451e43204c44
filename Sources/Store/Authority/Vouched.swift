package import Installations

/// What a store knows of a row's being authentic, not judged yet.
package struct Vouched: Sendable {
    /// The proof in the row; nil in one from before there were any.
    package let proof: AuthorityProof?
    /// The number of the newest audit record that decides about the row; 0 when there is none.
    package let latest: RecordNumber

    /// What was read.
    package init(proof: AuthorityProof?, latest: RecordNumber) {
        self.proof = proof
        self.latest = latest
    }
}

extension Authority {
    /// Whether a row that says `claim` is authentic and not stale.
    package func isGenuine(_ claim: AuthorityClaim, _ vouched: Vouched) -> Bool {
        isGenuine(claim, vouched.proof, latest: vouched.latest)
    }
}
