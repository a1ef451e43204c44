import GRDB
package import Installations
import Marketplace
import Sealing
import Synchronization
import Webhooks

extension SQLiteStore: InstallationStore {
    package func perform(_ call: LifecycleCall) async throws(StoreError) -> LifecycleDecision {
        let done = try await writeInGroup { [tools, waitingIndex, eventIDs, quietCalls] db in
            var transaction = LifecycleTransaction(
                call: call, db: db, tools: tools, waitingIndex: waitingIndex, ids: eventIDs, quietCalls: quietCalls)
            let decision = try transaction.perform()
            return (
                decision: decision, hasErased: transaction.hasErased, toldStreams: transaction.toldStreams,
                isUnrecorded: transaction.isUnrecorded
            )
        } committed: { [arrivals, logTruncator, quietCalls] done in
            if done.isUnrecorded { quietCalls.count(call.id, done.decision, at: call.receivedAt) }
            arrivals.note(done.toldStreams)
            // secure_delete cleans pages, not the log they were first written to.
            if done.hasErased { logTruncator.request() }
        }
        return done.decision
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
