package import Installations
package import Webhooks

extension Store: HistoryStore {
    /// From so many refused calls on an installation is told of.
    private static let mismatches: Int64 = 3
    /// For so long after the last one.
    private static let mismatchLength: Int64 = 60_000

    package func addHistory(
        _ counts: [HistorySeries: Int64], _ refused: [RefusedCalls], at: Timestamp
    ) async throws(StoreError) {
        var changes: [Change] = []
        if !counts.isEmpty { changes += [.history(.add(counts, at: at)), .history(.prune(at: at))] }
        if !refused.isEmpty { changes.append(.history(.refused(refused))) }
        guard !changes.isEmpty else { return }
        try await write { [tools, changes] writes in try writes.apply(changes, by: tools) }
    }

    package func history(
        _ span: HistorySpan, in numbers: ClosedRange<Int64>, step: Int64
    ) async throws(StoreError) -> [HistoryCount] {
        try await read { reads in try reads.history(span, in: numbers, step: step) }
    }

    package func recentFacts(at: Timestamp) async throws(StoreError) -> RecentFacts {
        try await read { reads in
            var facts = RecentFacts()
            if let oldest = try reads.oldestWaiting() {
                facts.oldestWaiting = try reads.clock().steps.arrival(oldest.receivedAt, of: oldest.id)
            }
            facts.newestBackup = try reads.newestBackup(needing: nil)?.madeAt
            facts.begun = try reads.firstRecord()
            let since = Timestamp(milliseconds: at.milliseconds - Self.mismatchLength)
            facts.mismatched = try reads.refusals(atLeast: Self.mismatches, since: since, limit: 20).map { id, calls in
                MismatchedInstallation(id: id, count: calls.count, lastAt: calls.lastAt)
            }
            let minute = HistorySpan.minute.number(of: at)
            facts.lastHour = try reads.history(.minute, in: minute - 60...minute, step: 1)
            return facts
        }
    }

    package func attempts(of id: EventID) async throws(StoreError) -> [Attempt]? {
        try await read { reads in
            guard let event = try reads.events([id]).first else { return nil }
            let attempts = try reads.attempts(of: id)
            // One that was delivered at once has no row: when is all that is known.
            guard attempts.isEmpty, event.summary.state == .delivered, let at = event.settledAt else { return attempts }
            return [Attempt(at: at, target: nil, status: nil, milliseconds: nil, failure: nil)]
        }
    }
}
