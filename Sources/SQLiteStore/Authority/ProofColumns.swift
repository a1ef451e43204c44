import GRDB
import Installations

extension AuthorityProof {
    /// The columns of a proof, for every table that has them.
    static let columns = "decided_by, mac"

    /// The proof in a row's columns; nil when there is none, or none that could be one.
    init?(_ row: Row) {
        guard let decidedBy = row["decided_by"] as RecordNumber?, let mac = row.bytesIfAny("mac") else { return nil }
        self.init(decidedBy: decidedBy, mac: mac)
    }
}
