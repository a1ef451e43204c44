package import Installations
import Synchronization
package import Webhooks

extension Store {
    package func settle(_ settlements: [Settlement]) async throws(StoreError) -> [SettlementResult] {
        let (results, consequences) = try await write { [tools] writes in
            var results = [SettlementResult](repeating: .withdrawn, count: settlements.count)
            var consequences = EventConsequences()
            let claimed = settlements.indices.filter { settlements[$0].ticket?.begin() ?? true }
            for round in claimed.rounds(by: { settlements[$0].installation }) {
                let indices = round.map { claimed[$0] }
                let batch = indices.map { settlements[$0] }
                let plan = SettlementPlanner(batch, try writes.settlementFacts(for: batch))
                try writes.apply(plan.changes, by: tools)
                for (index, result) in zip(indices, plan.results) { results[index] = result }
                consequences.add(plan.consequences)
            }
            return (results, consequences)
        }
        note(consequences)
        return results
    }

    /// Tells memory what became of events.
    func note(_ consequences: EventConsequences) {
        if consequences.hasSettled { hasSettled.store(true, ordering: .relaxed) }
        if consequences.hasErased { engine.eraseTraces() }
        if !consequences.released.isEmpty { arrivals.note(consequences.released) }
    }
}

extension EventConsequences {
    fileprivate mutating func add(_ other: EventConsequences) {
        hasSettled = hasSettled || other.hasSettled
        released += other.released
        hasErased = hasErased || other.hasErased
    }
}
