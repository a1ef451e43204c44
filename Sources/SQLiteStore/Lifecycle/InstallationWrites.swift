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
        try await write { [tools] db in
            let known = try InstallationRows.standing(id, db).map { standing in
                KnownInstallation(standing: standing, latest: try AuditRows.latest(about: standing.subject, db))
            }
            let sealed = try known.flatMap {
                try InstallationSecrets(db: db).sealed(.installationToken, of: $0.standing.number)
            }
            let (answer, entry) = try TokenReadingPlanner.plan(
                reading, of: id, known, sealed: sealed, tools.authority, tools.vault)
            try AuditRows.append(entry, db, tools.chain)
            return answer
        }
    }
}
