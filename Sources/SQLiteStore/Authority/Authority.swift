import GRDB
import Installations
import Store

extension Authority {
    /// Whether a row that says `claim` is authentic, by the audit log as this connection sees it.
    func isGenuine(_ claim: AuthorityClaim, _ proof: AuthorityProof?, _ db: Database) throws -> Bool {
        isGenuine(claim, proof, latest: try AuditRows.latest(about: claim.subject, db))
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

extension Standing {
    /// Throws when the row is not authentic, by the audit log as this connection sees it.
    func check(_ authority: Authority, _ db: Database) throws {
        try check(authority, latest: AuditRows.latest(about: subject, db))
    }
}
