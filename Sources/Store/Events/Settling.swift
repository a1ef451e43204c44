package import Installations
import Synchronization
package import Webhooks

extension Store {
    package func settle(_ settlements: [Settlement]) async throws(StoreError) -> [SettlementResult] {
        let (results, consequences) = try await write { [tools] writes in
            let withdrawn = settlements.indices.filter { !(settlements[$0].ticket?.begin() ?? true) }
            if withdrawn.isEmpty { return try Self.settle(settlements, writes, tools) }
            var results = [SettlementResult](repeating: .withdrawn, count: settlements.count)
            let claimed = Set(settlements.indices).subtracting(withdrawn).sorted()
            let (settled, consequences) = try Self.settle(claimed.map { settlements[$0] }, writes, tools)
            for (index, result) in zip(claimed, settled) { results[index] = result }
            return (results, consequences)
        }
        note(consequences)
        return results
    }

    /// Decides settlements, and writes what was decided. Which stream one is of says its row, never whoever asks for it.
    private static func settle(
        _ settlements: [Settlement], _ writes: any StoreWrites, _ tools: StoreTools
    ) throws -> ([SettlementResult], EventConsequences) {
        let facts = try writes.settlementFacts(for: settlements)
        if facts.areApart(by: { $0?.stream }) { return try settle(settlements, facts, writes, tools) }
        var results = [SettlementResult](repeating: .withdrawn, count: settlements.count)
        var consequences = EventConsequences()
        for round in facts.rounds(by: { $0?.stream }) {
            let members = round.map { settlements[$0] }
            let (settled, more) = try settle(members, try writes.settlementFacts(for: members), writes, tools)
            for (index, result) in zip(round, settled) { results[index] = result }
            consequences.add(more)
        }
        return (results, consequences)
    }

    /// The same of settlements no two of which are of one stream.
    private static func settle(
        _ settlements: [Settlement], _ facts: [SettlementFacts?], _ writes: any StoreWrites, _ tools: StoreTools
    ) throws -> ([SettlementResult], EventConsequences) {
        let plan = SettlementPlanner(settlements, facts)
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
