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
        if !counts.isEmpty { changes.append(.history(.add(counts, at: at))) }
        if !refused.isEmpty { changes.append(.history(.refused(refused))) }
        guard !changes.isEmpty else { return }
        try await write { [tools, changes] writes in
            // A clock that leaps by weeks clears nothing away before it is believed, as with events.
            let prunes = try !counts.isEmpty && !writes.clock().isLeap(to: at)
            try writes.apply(changes + (prunes ? [.history(.prune(at: at))] : []), by: tools)
        }
    }

    package func history(
        _ span: HistorySpan, in numbers: ClosedRange<Int64>, step: Int64
    ) async throws(StoreError) -> [HistoryCount] {
        try await read { reads in try reads.history(span, in: numbers, step: step) }
    }

    package func recentFacts(at: Timestamp) async throws(StoreError) -> RecentFacts {
        try await read { [tools] reads in
            var facts = RecentFacts()
            if let oldest = try reads.oldestWaiting() {
                facts.oldestWaiting = try reads.clock().steps.arrival(oldest.receivedAt, of: oldest.id)
            }
            // One that does not read as it should is `doctor`'s to tell of.
            facts.isRotationOpen = try reads.latestRotation()?.ifGenuine(by: tools.authority)?.finishedAt == nil
            facts.newestBackup = try reads.newestBackup(needing: nil)?.madeAt
            facts.begun = try reads.firstRecord()
            let since = Timestamp(milliseconds: at.milliseconds - Self.mismatchLength)
            let until = Timestamp(milliseconds: at.milliseconds + Self.mismatchLength)
            facts.mismatched = try reads.refusals(atLeast: Self.mismatches, in: since...until, limit: 20).map {
                id, calls in
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
            // Of a delivery at once, or by a worker, there is no row: when is all that is known.
            guard event.summary.state == .delivered, let at = event.settledAt,
                attempts.last?.failure != nil || attempts.isEmpty
            else { return attempts }
            return attempts + [Attempt(at: at, target: nil, status: nil, milliseconds: nil, failure: nil)]
        }
    }
}
