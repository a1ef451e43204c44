import GRDB
import Installations
import Sealing

/// How the store as a whole is read: the row of authority that says whether anything of an older form still counts.
struct DeploymentRow {
    /// How far it has been brought up to date.
    let form: StoreForm
    /// The record that decided it: what vouches for rows that were there before any record decided about them.
    let decidedBy: Int64

    /// Reads the row; nil when it is from before there were proofs.
    ///
    /// - Parameter least: The form that the deployment key is wrapped for: the store is not older.
    /// - Throws: `.forgedRow` when it is not authentic, or was one that is and has been made to look older: then every row
    ///   could have been.
    static func read(_ seal: AuthoritySeal, least: StoreForm?, _ db: Database) throws -> DeploymentRow? {
        let row = try Row.fetchOne(db, sql: "SELECT form, \(AuthorityProof.columns) FROM deployment")
        guard let row, let form = StoreForm(rawValue: row["form"]) else { throw StoreError.noPrimaryKey }
        let latest = try AuditRows.latest(about: .deployment, db)
        guard let proof = AuthorityProof(row) else {
            guard latest == 0, least == nil else { throw StoreError.forgedRow(table: "deployment", number: 1) }
            return nil
        }
        guard seal.vouches(for: .deployment(form), proof), proof.decidedBy >= latest,
            form.rawValue >= least?.rawValue ?? 0
        else {
            throw StoreError.forgedRow(table: "deployment", number: 1)
        }
        return DeploymentRow(form: form, decidedBy: proof.decidedBy)
    }

    /// Records that the store has this form from now on.
    @discardableResult
    static func write(
        _ form: StoreForm, _ seal: AuthoritySeal, _ chain: AuditChain, at: Timestamp, actor: Actor = .system,
        action: AuditAction = .bringUpToDate, subject: String = "", outcome: String, _ db: Database
    ) throws -> DeploymentRow {
        let number = try AuditRows.append(
            AuditEntry(
                at: at, actor: actor.text, action: action.rawValue, subject: subject, outcome: outcome,
                decides: .deployment), db, chain)
        let proof = seal.prove(.deployment(form), decidedBy: number)
        try db.execute(
            sql: "UPDATE deployment SET form = ?, decided_by = ?, mac = ?",
            arguments: [form.rawValue, proof.decidedBy, proof.mac.bytes.databaseBytes])
        return DeploymentRow(form: form, decidedBy: number)
    }
}
