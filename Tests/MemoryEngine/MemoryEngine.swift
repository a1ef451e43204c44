import Dispatch
package import Installations
package import Sealing
package import Store
import Synchronization
package import Webhooks

/// An engine in memory, for tests of all that stands above one. Its rows are one value: a transaction works on a copy, and its
/// commit puts that in their place. So what throws has changed nothing, and what reads sees one moment.
///
/// Its verbs do what the statements of an SQL engine do and decide as little; what a schema refuses there is refused here.
package final class MemoryEngine: StoreEngine {
    struct State {
        /// What is committed.
        var rows: MemoryRows
        /// What tests want to be told, and what they want to fail.
        var probes: [Probe: @Sendable () -> Void] = [:]
        var failure: StoreError?
        var readFailure: StoreError?
        var hasSpace = true
        /// Whether nothing is read or written any more.
        var isClosed = false
        /// What was asked of the engine.
        var calls: [String: Int] = [:]
        var erasures = 0
        /// Writes that were asked for and are not answered, without those that give way.
        var awaitedWrites = 0
    }

    package let tools: StoreTools
    package let newestEvent: EventID?
    /// Has one transaction after the other, each from before its first load until after its commit.
    let writer = DispatchQueue(label: "memory-writer")
    /// Where reads run: a probe may block them, and the cooperative threads are few.
    let readers = DispatchQueue(label: "memory-readers", attributes: .concurrent)
    let state: Mutex<State>

    /// A new deployment with its first storage key as primary, as the keyring has it. From then on no other key opens anything.
    package convenience init(storageKey: StorageKey, keyring: Keyring, at: Timestamp) throws(StoreError) {
        let new = try NewDeployment(under: storageKey, actor: .system, at: at)
        try self.init(rows: MemoryRows(of: new), keyring: keyring)
    }

    /// Opens rows, such as those of another engine that was closed.
    package init(rows: MemoryRows, keyring: Keyring) throws(StoreError) {
        let keys = try DeploymentKeys(
            SealedValue(stored: rows.deployment.wrapped, in: .deployment), keyring)
        tools = StoreTools(keys: keys, keyring: keyring, form: rows.deployment.form)
        keyring.permit(only: rows.keysInForce(by: tools.authority))
        newestEvent = rows.events.keys.max()
        state = Mutex(State(rows: rows))
    }

    package var waitingEvents: Int { committed.events.values.count { $0.waits } }
    package var kept: KeptEvents { committed.kept { _ in true } }
    package var hasSpace: Bool { state.withLock { $0.hasSpace } }

    package func kept(of installation: InstallationNumber) -> KeptEvents {
        committed.kept { $0.installation == installation }
    }

    package func condition() async -> StoreCondition? {
        switch state.withLock({ $0.failure }) {
        case nil: nil
        case .unavailable(let condition, _): condition
        default: .broken
        }
    }

    package func expectWrite() { state.withLock { $0.awaitedWrites += 1 } }

    package func endWrite() { state.withLock { $0.awaitedWrites -= 1 } }

    /// Nothing is kept beside the rows; that it was asked is told.
    package func eraseTraces() { state.withLock { $0.erasures += 1 } }

    package func eraseTracesNow() async { eraseTraces() }

    package func draftBackup(
        with files: [BackupFile], program: String, at: Timestamp
    ) async throws(BackupError) -> any BackupDraft {
        throw .draft(path: "memory", problem: "what lies in memory only goes into no file")
    }

    package var finding: Finding { Finding("memory", .ok, "nothing outlives the process") }

    package func spaceFinding() -> Finding { Finding("free space", .ok, "as much as the process has") }

    /// There is no file and no connection to be looked at.
    package func findings() async throws(StoreError) -> [Finding] { [] }

    package func close() throws { state.withLock { $0.isClosed = true } }

    package func measure(_ sample: inout StoreSample) {}
}

extension MemoryRows {
    /// How much is kept of some events.
    fileprivate func kept(where condition: (EventRow) -> Bool) -> KeptEvents {
        events.values.reduce(into: KeptEvents()) { kept, event in
            guard event.waits || event.state == .dead, condition(event) else { return }
            kept += KeptEvents(events: 1, bytes: event.body?.count ?? 0)
        }
    }
}
