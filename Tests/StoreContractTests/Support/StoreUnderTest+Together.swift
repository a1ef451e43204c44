import Installations
import Synchronization
import TestSupport

@testable import Store

extension StoreUnderTest {
    /// Something has the platform's writer, until the gate is opened. Its own record stands before all that comes then.
    func busyWriter() async -> (gate: Gate, task: Task<Void, any Error>) {
        let (began, gate) = (Gate(isOpen: true), Gate())
        engine.beforeApply {
            began.block()
            gate.block()
        }
        let record = Change.record(AuditEntry(at: now, actor: "system", action: "busy", outcome: "done"))
        let task = Task { [engine] in
            try await withCheckedThrowingContinuation { continuation in
                engine.schedule { writer in
                    continuation.resume(
                        with: Result { try writer.transact { try $0.apply([record], by: engine.tools) } })
                }
            }
        }
        await began.arrived()
        return (gate, task)
    }

    /// Makes calls one behind the other, all of which wait while something else has the writer. Counting begins with them.
    func performTogether(
        _ calls: [LifecycleCall], meanwhile: () -> Void = {}
    ) async throws -> [Result<LifecycleDecision, any Error>] {
        let writer = await busyWriter()
        engine.resetCalls()
        var tasks: [Task<LifecycleDecision, any Error>] = []
        for call in calls {
            tasks.append(Task { [store] in try await store.perform(call) })
            while store.lifecycleCalls.withLock({ $0.depth }) < tasks.count { await Task.yield() }
        }
        meanwhile()
        writer.gate.open()
        try await writer.task.value
        var results: [Result<LifecycleDecision, any Error>] = []
        for task in tasks { results.append(await task.result) }
        return results
    }
}
