import Installations
import Store
import Webhooks

extension MemorySnapshot: HistoryReads {
    func history(_ span: HistorySpan, in numbers: ClosedRange<Int64>, step: Int64) -> [HistoryCount] {
        count()
        var sums: [Int64: [HistorySeries: Int64]] = [:]
        for (number, counts) in rows.history[span] ?? [:] where numbers.contains(number) {
            sums[number / step * step, default: [:]].merge(counts, uniquingKeysWith: +)
        }
        return sums.flatMap { number, counts in
            counts.map { HistoryCount(number: number, series: $0.key, count: $0.value) }
        }
    }

    func attempts(of event: EventID) -> [Attempt] {
        count()
        return rows.attempts[event] ?? []
    }

    func refusals(
        atLeast count: Int64, in range: ClosedRange<Timestamp>, limit: Int
    ) -> [(InstallationID, RefusedCalls)] {
        self.count()
        return rows.refusals.values
            .filter { $0.count >= count && range.contains($0.lastAt) }
            .sorted { $0.lastAt > $1.lastAt }
            .compactMap { calls in
                guard let owner = rows.installations[calls.installation], owner.tokenSet == calls.tokenSet,
                    owner.endedAt == nil
                else { return nil }
                return (owner.id, calls)
            }
            .prefix(limit).map { $0 }
    }
}

extension MemoryRows {
    mutating func write(_ change: HistoryChange) {
        switch change {
        case .add(let counts, let at):
            for span in HistorySpan.allCases {
                history[span, default: [:]][span.number(of: at), default: [:]].merge(counts, uniquingKeysWith: +)
            }
        case .prune(let at):
            for span in HistorySpan.allCases {
                let end = span.number(of: at)
                history[span] = history[span]?.filter { (end - span.kept + 1...end + 1).contains($0.key) }
            }
        case .refused(let calls):
            for one in calls {
                let before = refusals[one.installation]
                guard before.map({ $0.tokenSet <= one.tokenSet }) ?? true else { continue }
                let counted = before.map { $0.tokenSet == one.tokenSet ? $0.count : 0 } ?? 0
                refusals[one.installation] = RefusedCalls(
                    installation: one.installation, tokenSet: one.tokenSet, count: counted + one.count,
                    lastAt: one.lastAt)
            }
        }
    }

    mutating func keep(_ attempt: Attempt, of event: EventID) {
        var kept = attempts[event, default: []] + [attempt]
        if kept.count > 2 * Attempt.kept { kept.remove(at: Attempt.kept) }
        attempts[event] = kept
    }
}
