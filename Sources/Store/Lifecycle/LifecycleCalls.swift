package import Installations
import Marketplace
import Synchronization
import Webhooks

/// A lifecycle call on its way into a transaction.
struct WaitingCall: Sendable {
    let call: LifecycleCall
    /// Of the request it belongs to.
    let ticket: WriteTicket?
    let answer: @Sendable (Result<LifecycleDecision, StoreError>) -> Void
}

extension Store {
    package func perform(_ call: LifecycleCall) async throws(StoreError) -> LifecycleDecision {
        do {
            return try await performOnce(call)
        } catch .storageKeyNotInForce where isShared {
            // Another process has changed the keys a moment ago; what the platform sends once must not be lost for that.
            _ = try await adoptStorageKeys()
            return try await performOnce(call)
        }
    }

    private func performOnce(_ call: LifecycleCall) async throws(StoreError) -> LifecycleDecision {
        try await WriteTicket.inTime { [self] in
            engine.expectWrite()
            defer { engine.endWrite() }
            // It runs in no task, so that nobody's cancellation undoes it.
            return await withCheckedContinuation { continuation in
                let waiting = WaitingCall(call: call, ticket: WriteTicket.current) {
                    continuation.resume(returning: $0)
                }
                switch lifecycleCalls.withLock({ $0.add(waiting) }) {
                case .first: commitCalls()
                case .joined: break
                case .full, .closed: waiting.answer(.failure(.unavailable(.busy, code: "queue")))
                }
            }
        }
    }

    private func commitCalls() {
        engine.schedule { [self] writer in
            let (waiting, hasMore) = lifecycleCalls.withLock { $0.next() }
            // Behind the other writers that wait already.
            if hasMore { commitCalls() }
            commit(waiting.filter(claim), writer)
        }
    }

    /// Whether a call goes into the transaction: from now on it cannot be withdrawn, whatever becomes of the others.
    private func claim(_ waiting: WaitingCall) -> Bool {
        guard let ticket = waiting.ticket, !ticket.begin() else { return true }
        waiting.answer(.failure(.withdrawn))
        return false
    }

    private func commit(_ waiting: [WaitingCall], _ writer: any StoreWriter) {
        guard !waiting.isEmpty else { return }
        let calls = waiting.map(\.call)
        do throws(StoreError) {
            let plans = try writer.transact { writes in try write(calls, writes) }
            note(plans, of: calls)
            for (waiting, plan) in zip(waiting, plans) { waiting.answer(plan.map(\.decision)) }
        } catch {
            noteUnknown(error)
            // What is the storage's fault would only meet each of them again, some after seconds.
            guard waiting.count > 1, !error.isOfStorage else { return waiting.forEach { $0.answer(.failure(error)) } }
            // All are undone, perhaps for one of them: each alone, so that it fails alone.
            for one in waiting { commit([one], writer) }
        }
    }

    /// Decides calls and writes what was decided. A call that cannot be decided has left before anything is written.
    private func write(
        _ calls: [LifecycleCall], _ writes: any StoreWrites
    ) throws -> [Result<LifecyclePlan, StoreError>] {
        let planner = LifecyclePlanner(tools: tools, ids: eventIDs, quietCalls: quietCalls)
        var plans = [Result<LifecyclePlan, StoreError>?](repeating: nil, count: calls.count)
        let questions = calls.map(LifecycleQuestion.init)
        try writes.expect(questions)
        for round in calls.rounds(by: \.place) {
            let facts = try writes.lifecycleFacts(for: round.map { questions[$0] })
            var changes: [Change] = []
            for (index, facts) in zip(round, facts) {
                let plan = planner.result(calls[index], facts)
                if case .success(let plan) = plan { changes += plan.changes }
                plans[index] = plan
            }
            try writes.apply(changes, by: tools)
        }
        return plans.map { $0 ?? .failure(.conflict("a lifecycle call was not decided")) }
    }

    /// What must follow the commit.
    private func note(_ plans: [Result<LifecyclePlan, StoreError>], of calls: [LifecycleCall]) {
        var (told, hasErased): ([InstallationNumber], Bool) = ([], false)
        for case (let call, .success(let plan)) in zip(calls, plans) {
            if plan.isUnrecorded { quietCalls.count(call.id, plan.decision, at: call.receivedAt) }
            told += plan.toldStreams
            hasErased = hasErased || plan.hasErased
        }
        arrivals.note(told)
        if hasErased { engine.eraseTraces() }
    }

    /// Writes one record for all calls of an add-on and workspace that changed nothing in a window which has ended.
    package func recordQuietCalls(endedBy end: Timestamp, at: Timestamp) async throws(StoreError) {
        let summaries = quietCalls.ended(at: end)
        guard !summaries.isEmpty else { return }
        do {
            try await write { [tools] writes in
                try writes.apply(summaries.map { .record($0.entry(at: at)) }, by: tools)
            }
        } catch {
            quietCalls.putBack(summaries, at: at)
            throw error
        }
    }
}

extension LifecycleCall {
    /// What two calls of one transaction share whose order decides: the live installation of an add-on in a workspace.
    fileprivate var place: Place { Place(addonKey: id.addonKey, workspaceID: id.workspaceID) }

    fileprivate struct Place: Hashable {
        let addonKey: AddonKey
        let workspaceID: WorkspaceID
    }
}
