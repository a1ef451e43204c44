package import Installations
import Synchronization
package import Webhooks

extension Store {
    package func sweep(
        at now: Timestamp, retention: EventRetention, limit: Int, isBelieved: Bool = false
    ) async throws(StoreError) -> SweepResult {
        guard isElected else { return SweepResult() }
        // First, or what is dated ahead would be judged by its date.
        await noteClock(at: now)
        let (result, consequences) = try await write { [tools] writes in
            let clock = try writes.clock()
            if clock.isLeap(to: now), !isBelieved { return (SweepResult.heldBack, EventConsequences()) }
            let question = SweepQuestion(now: now, retention: retention, steps: clock.steps, limit: limit)
            let facts = try writes.sweepFacts(for: question)
            let plan = SweepPlanner(question, facts, steps: clock.steps, now: now)
            try writes.apply(clock.sweep(now) + plan.changes, by: tools)
            return (plan.result, plan.consequences)
        }
        note(consequences)
        // At most once a round: the log of an idle store keeps the sealed bodies of its last events no longer than that.
        if !result.hasMore, hasSettled.exchange(false, ordering: .relaxed) { engine.eraseTraces() }
        return result
    }
}
