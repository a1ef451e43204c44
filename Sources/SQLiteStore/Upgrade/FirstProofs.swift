import GRDB
import Installations
import Sealing
import Store

/// What is done once to a store from before rows had proofs, when it is opened: the few rows of its keys and rotations are
/// taken for what they say and vouched for from then on. Its installations follow while it serves, see `StoreUpgrade`.
struct FirstProofs {
    /// Audit records whose chain must hold before anything is believed: about half a second's work. The rest of the log is
    /// walked before the store is called up to date.
    private static let checkedRecords: Int64 = 100_000

    let seal: AuthoritySeal
    let chain: AuditChain
    let db: Database

    func make(at: Timestamp) throws {
        // A store that was up to date and is made to look older would have records that say so, unless they were changed too.
        guard case .intact = try AuditWalk.walkNewest(Self.checkedRecords, AuditTable(db: db), chain) else {
            throw StoreError.forgedRow(.audit(0))
        }
        let deployment = try DeploymentRow.write(
            .mixed, seal, chain, at: at, outcome: "rows that decide something are authenticated from now on", db)
        for row in try Row.fetchAll(db, sql: "SELECT * FROM api_key") {
            let key = try APIKeyRows.key(row, db)
            try prove("api_key", "id", key.id, key.claim(isRevoked: key.revokedAt != nil), deployment)
        }
        for row in try Row.fetchAll(db, sql: "SELECT id, state FROM storage_key") {
            guard let id = StorageKeyID(row["id"] as String), let state = StorageKeyState(rawValue: row["state"])
            else { throw StoreError.corruptRow(.storageKey) }
            try prove("storage_key", "id", id.description, .storageKey(id, state: state), deployment)
        }
        for row in try Row.fetchAll(db, sql: "SELECT * FROM rotation") {
            let number: Int64 = row["number"]
            guard let from = StorageKeyID(row["from_key"] as String), let to = StorageKeyID(row["to_key"] as String)
            else { throw StoreError.corruptRow(.rotation(number)) }
            let plan = RotationPlan(from: from, to: to, reencrypt: row["reencrypt"])
            let claim = AuthorityClaim.rotation(number: number, plan: plan, finishedAt: row.timeIfAny("finished_at"))
            try prove("rotation", "number", number, claim, deployment)
        }
    }

    private func prove(
        _ table: String, _ column: String, _ key: some DatabaseValueConvertible, _ claim: AuthorityClaim,
        _ deployment: RecordNumber
    ) throws {
        let proof = seal.prove(claim, decidedBy: deployment)
        try db.execute(
            sql: "UPDATE \(table) SET decided_by = ?, mac = ? WHERE \(column) = ?",
            arguments: [proof.decidedBy, proof.mac.bytes.databaseBytes, key])
    }
}
