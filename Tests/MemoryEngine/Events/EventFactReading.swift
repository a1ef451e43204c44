import Installations
import Store
import Webhooks

extension MemoryTransaction: EventLoads {
    func settlementFacts(for settlements: [Settlement]) -> [SettlementFacts?] {
        count()
        return settlements.map { settlement in
            guard let event = rows.events[settlement.event] else { return nil }
            let othersWait = rows.events.values.contains { other in
                other.installation == event.installation && other.waits && other.id != event.id
            }
            let hold = settlement.lease == nil ? nil : rows.hold(by: event)
            return SettlementFacts(
                stream: event.installation, state: event.state, bytes: event.body?.count,
                hold: hold.map { ($0.lease, $0.until) }, othersWait: othersWait,
                isLast: !othersWait && rows.isLast(of: event.installation, [event.id]))
        }
    }

    func endedHolds(of streams: [InstallationNumber], at: Timestamp) -> [EndedHold] {
        count()
        return streams.compactMap { stream in
            guard let hold = rows.holds[stream], hold.until <= at else { return nil }
            let event = rows.events[hold.event].map { event in
                HeldEvent(
                    dates: event.dates, state: event.state, attempts: event.attempts, bytes: event.body?.count ?? 0)
            }
            return EndedHold(stream: stream, wasLease: hold.lease != nil, event: event)
        }
    }

    func replayFacts(for events: [EventID]) -> [ReplayFacts] {
        count()
        return events.compactMap { rows.events[$0] }.map(rows.replayFacts)
    }

    func replayFacts(forDead filter: DeadFilter, after: EventID?, limit: Int) -> [ReplayFacts] {
        count()
        let dead = rows.oldest(limit) { event in
            guard event.state == .dead, event.id.number > after?.number ?? 0 else { return false }
            let isSince = filter.since.map { since in event.settledAt.map { $0 >= since } ?? false } ?? true
            return isSince && (rows.installations[event.installation]?.id.isOf(filter.addonKey, among: nil) ?? false)
        }
        return dead.map(rows.replayFacts)
    }

    func sweepFacts(for question: SweepQuestion) -> SweepFacts {
        count()
        return rows.sweepFacts(for: question)
    }
}

extension MemoryRows {
    fileprivate func replayFacts(of event: EventRow) -> ReplayFacts {
        let (owner, isDead) = (installations[event.installation], event.state == .dead)
        let last = oldest { $0.installation == event.installation && ($0.waits || $0.state == .dead) }.last
        return ReplayFacts(
            id: event.id, stream: event.installation, state: event.state, bytes: event.body?.count, owner: owner?.id,
            hasEnded: isDead && owner?.endedAt != nil, last: isDead ? last?.type : nil)
    }
}
