import Dispatch
package import Installations
import Synchronization

/// A moment that tests may be told of.
enum Probe: Hashable {
    case writer, beforeCommit, afterCommit, read
}

/// What tests ask of the engine itself. A probe takes the place of the one before it, and is called on the thread that it is
/// about, which it may hold. A write that blocks would wait for itself on the writer's thread: a probe begins one in a task.
extension MemoryEngine {
    /// Somebody is given the writer, and has read and claimed nothing yet.
    package func onWriter(_ probe: @escaping @Sendable () -> Void) { set(.writer, probe) }

    /// A transaction has written everything, and nobody else sees it yet.
    package func beforeCommit(_ probe: @escaping @Sendable () -> Void) { set(.beforeCommit, probe) }

    /// A transaction is committed, and whoever waits for it is not told yet. A blocking one has given the writer back.
    package func afterCommit(_ probe: @escaping @Sendable () -> Void) { set(.afterCommit, probe) }

    /// A read begins, of what is committed when the probe returns.
    package func onRead(_ probe: @escaping @Sendable () -> Void) { set(.read, probe) }

    /// From now on every commit fails with this error, and changes nothing; nil for none.
    package func fail(_ error: StoreError?) { state.withLock { $0.failure = error } }

    /// From now on every read outside of a transaction fails with this error; nil for none.
    package func failReads(_ error: StoreError?) { state.withLock { $0.readFailure = error } }

    /// Whether there is room for more than the platform's own calls.
    package func set(hasSpace: Bool) { state.withLock { $0.hasSpace = hasSpace } }

    // MARK: Rows

    /// What is committed.
    package var committed: MemoryRows { state.withLock { $0.rows } }

    /// Changes rows as somebody does who can write the file: between two transactions, and nothing is checked.
    package func edit(_ change: (inout MemoryRows) -> Void) {
        writer.sync { state.withLock { change(&$0.rows) } }
    }

    // MARK: Calls

    /// How often each verb was called, and each transaction begun, by their full names, such as `apply(_:_:)`.
    package var calls: [String: Int] { state.withLock { $0.calls } }

    /// How often traces were to be erased.
    package var erasures: Int { state.withLock { $0.erasures } }

    /// Counts anew.
    package func resetCalls() {
        state.withLock { state in
            state.calls = [:]
            state.erasures = 0
        }
    }

    /// Counts the call of whoever calls this.
    func count(_ verb: String = #function) { state.withLock { $0.calls[verb, default: 0] += 1 } }

    /// Tells whoever wants to know.
    func reach(_ moment: Probe) { state.withLock { $0.probes[moment] }?() }

    private func set(_ moment: Probe, _ probe: @escaping @Sendable () -> Void) {
        state.withLock { $0.probes[moment] = probe }
    }
}
