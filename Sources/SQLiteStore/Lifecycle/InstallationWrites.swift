import GRDB
package import Installations
import Marketplace
import Sealing
import Store
import Synchronization
import Webhooks

extension SQLiteStore: InstallationStore {
    package func perform(_ call: LifecycleCall) async throws(StoreError) -> LifecycleDecision {
        let planner = LifecyclePlanner(
            vault: vault, authority: authority, handedOut: handedOut, ids: eventIDs, quietCalls: quietCalls)
        let plan = try await writeInGroup { [tools, waitingIndex] db in
            let plan = try planner.plan(call, try LifecycleReads(tools: tools, db: db).facts(for: call))
            if !plan.changes.isEmpty {
                var writes = try LifecycleWrites(at: call.receivedAt, tools, waitingIndex, db)
                try writes.write(plan.changes)
            }
            return plan
        } committed: { [arrivals, logTruncator, quietCalls] plan in
            if plan.isUnrecorded { quietCalls.count(call.id, plan.decision, at: call.receivedAt) }
            arrivals.note(plan.toldStreams)
            // secure_delete cleans pages, not the log they were first written to.
            if plan.hasErased { logTruncator.request() }
        }
        return plan.decision
    }

    /// Writes one record for all calls of an add-on and workspace that changed nothing in a window which has ended.
    package func recordQuietCalls(endedBy end: Timestamp, at: Timestamp) async throws(StoreError) {
        let summaries = quietCalls.ended(at: end)
        guard !summaries.isEmpty else { return }
        do {
            try await write { [chain] db in
                for summary in summaries { try AuditRows.append(summary.entry(at: at), db, chain) }
            }
        } catch {
            quietCalls.putBack(summaries, at: at)
            throw error
        }
    }

    package func token(of id: InstallationID, reading: TokenReading) async throws(StoreError) -> TokenAnswer {
        try await write { [vault, chain, authority] db in
            func audit(_ outcome: String) throws {
                let entry = AuditEntry(
                    at: reading.at, actor: reading.actor.text, action: AuditAction.readToken.rawValue, installation: id,
                    outcome: outcome, detail: reading.reason)
                try AuditRows.append(entry, db, chain)
            }
            guard let standing = try InstallationRows.standing(id, db) else {
                try audit("refused: unknown")
                return .unknown
            }
            guard try authority.isGenuine(standing.claim, standing.proof, db) else {
                try audit("refused: its row is not authentic")
                return .forged(standing.number)
            }
            guard standing.status == .active, let wrappedKey = standing.wrappedKey else {
                try audit("refused: \(standing.status.rawValue)")
                return .notActive(standing.status)
            }
            let row = try Row.fetchOne(
                db,
                sql: "SELECT sealed FROM installation_secret WHERE installation = ? AND name = 'installation-token'",
                arguments: [standing.number])
            guard let row else { throw StoreError.corruptRow(table: "installation_secret", number: standing.number) }
            let token = try vault.open(
                row.sealed("sealed", table: "installation_secret", number: standing.number),
                under: vault.openKey(wrapped: wrappedKey, of: id, number: standing.number),
                of: id, at: .installationToken(set: standing.tokenSet), table: "installation_secret",
                number: standing.number)
            try audit("given")
            return .token(token, apiURL: standing.apiURL)
        }
    }
}
