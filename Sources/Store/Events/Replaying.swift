package import Installations
package import Webhooks

extension Store {
    package func replay(_ id: EventID, actor: Actor, at: Timestamp) async throws(StoreError) -> ReplayAnswer {
        let (answer, _) = try await write { [tools] writes in
            guard let event = try writes.replayFacts(for: [id]).first else {
                return (ReplayAnswer.unknown, nil as InstallationNumber?)
            }
            let answer = ReplayPlanner.answer(for: event)
            let entry = ReplayPlanner.entry(answer, of: id, event.owner, actor: actor, at: at)
            try writes.apply(ReplayPlanner.changes(of: event, answer, at: at) + [.record(entry)], by: tools)
            return (answer, event.stream)
        } committed: { [arrivals] answer, stream in
            if answer == .replayed, let stream { arrivals.note([stream]) }
        }
        return answer
    }

    package func replayDead(
        _ filter: DeadFilter, after: EventID?, limit: Int, actor: Actor, at: Timestamp
    ) async throws(StoreError) -> ReplayBatch {
        let (batch, _) = try await write { [tools] writes in
            let events = try writes.replayFacts(forDead: filter, after: after, limit: limit)
            var batch = ReplayBatch()
            batch.last = events.count == limit ? events.last?.id : nil
            var (changes, replayed): ([Change], [InstallationNumber]) = ([], [])
            for event in events {
                let answer = ReplayPlanner.answer(for: event)
                changes += ReplayPlanner.changes(of: event, answer, at: at)
                if answer == .replayed { replayed.append(event.stream) } else { batch.closed += 1 }
            }
            batch.replayed = replayed.count
            if !events.isEmpty { changes.append(.record(ReplayPlanner.entry(batch, filter, actor: actor, at: at))) }
            try writes.apply(changes, by: tools)
            return (batch, replayed)
        } committed: { [arrivals] _, streams in
            arrivals.note(streams)
        }
        return batch
    }
}
