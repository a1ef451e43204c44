import GRDB
import Installations

/// What a lifecycle call leaves in the audit log, in its transaction.
struct LifecycleRecords {
    let call: LifecycleCall
    let db: Database
    let tools: StoreTools

    /// Records what decides that a row says `claim` from now on, and returns the proof for the row.
    func decided(
        _ action: AuditAction, _ claim: AuthorityClaim, _ id: InstallationID, _ outcome: String
    ) throws -> AuthorityProof {
        let number = try audit(action, id, outcome, decides: claim.subject)
        return tools.authority.seal.prove(claim, decidedBy: number)
    }

    @discardableResult
    func audit(
        _ action: AuditAction, _ id: InstallationID, _ outcome: String, decides: AuthoritySubject? = nil
    ) throws -> Int64 {
        let entry = AuditEntry(
            at: call.receivedAt, actor: call.actor.text, action: action.rawValue, installation: id, outcome: outcome,
            detail: call.reason, decides: decides)
        return try AuditRows.append(entry, db, tools.chain)
    }
}
