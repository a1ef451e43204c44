package import Installations
import Synchronization
package import Webhooks

extension Store {
    package func settle(_ settlements: [Settlement]) async throws(StoreError) -> [SettlementResult] {
        let (results, consequences) = try await write { [tools] writes in
            let withdrawn = settlements.indices.filter { !(settlements[$0].ticket?.begin() ?? true) }
            if withdrawn.isEmpty, settlements.areApart(by: \.installation) {
                return try Self.settle(settlements, writes, tools)
            }
            var results = [SettlementResult](repeating: .withdrawn, count: settlements.count)
            var consequences = EventConsequences()
            let claimed = Set(settlements.indices).subtracting(withdrawn).sorted()
            for round in claimed.rounds(by: { settlements[$0].installation }) {
                let indices = round.map { claimed[$0] }
                let (settled, more) = try Self.settle(indices.map { settlements[$0] }, writes, tools)
                for (index, result) in zip(indices, settled) { results[index] = result }
                consequences.add(more)
            }
            return (results, consequences)
        }
        note(consequences)
        return results
    }

    /// Decides settlements of as many streams, and writes what was decided.
    private static func settle(
        _ settlements: [Settlement], _ writes: any StoreWrites, _ tools: StoreTools
    ) throws -> ([SettlementResult], EventConsequences) {
        let plan = SettlementPlanner(settlements, try writes.settlementFacts(for: settlements))
        try writes.apply(plan.changes, by: tools)
        return (plan.results, plan.consequences)
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
