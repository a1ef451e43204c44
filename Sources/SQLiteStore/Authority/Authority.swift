import GRDB
package import Installations
import Sealing

/// Judges rows of authority: whether what they say was said by whoever holds the deployment's key, and is the last word.
package struct Authority: Sendable {
    /// Made the MACs.
    package let seal: AuthoritySeal
    let gate: FormGate

    /// Whether a row that says `claim` is authentic and not stale. A row without a proof is one from before there were any:
    /// it counts while the store is brought up to date, if no record decided about it since.
    func isGenuine(_ claim: AuthorityClaim, _ proof: AuthorityProof?, _ db: Database) throws -> Bool {
        guard let proof else {
            return try gate.takesOlder && AuditRows.latest(about: claim.subject, db) == 0
        }
        guard seal.vouches(for: claim, proof) else { return false }
        return try proof.decidedBy >= AuditRows.latest(about: claim.subject, db)
    }
}

extension AuthorityProof {
    /// The columns of a proof, for every table that has them.
    static let columns = "decided_by, mac"

    /// The proof in a row's columns; nil when there is none, or none that could be one.
    init?(_ row: Row) {
        guard let decidedBy = row["decided_by"] as Int64?, let mac = row.bytesIfAny("mac") else { return nil }
        self.init(decidedBy: decidedBy, mac: mac)
    }
}
