import Dispatch
import Synchronization

/// Holds whoever passes until it is opened, and tells when somebody has come.
package final class Gate: Sendable {
    private struct State {
        var isOpen: Bool
        var arrivals = 0
        var waiting: [@Sendable () -> Void] = []
        var watching: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state: Mutex<State>

    /// A gate that is closed unless it is said to be open.
    package init(isOpen: Bool = false) {
        state = Mutex(State(isOpen: isOpen))
    }

    /// Returns when the gate is open.
    package func pass() async {
        await withCheckedContinuation { continuation in enter { continuation.resume() } }
    }

    /// A server's readiness that is found out when the gate is open.
    package var readiness: @Sendable () async -> String? {
        {
            await self.pass()
            return nil
        }
    }

    /// As `pass`, for a thread that may block.
    package func block() {
        let passed = DispatchSemaphore(value: 0)
        enter { passed.signal() }
        passed.wait()
    }

    private func enter(_ goOn: @escaping @Sendable () -> Void) {
        let (isOpen, arrived) = state.withLock { state in
            state.arrivals += 1
            let count = state.arrivals
            let arrived = state.watching.filter { $0.count <= count }
            state.watching.removeAll { $0.count <= count }
            if !state.isOpen { state.waiting.append(goOn) }
            return (state.isOpen, arrived)
        }
        for watcher in arrived { watcher.continuation.resume() }
        if isOpen { goOn() }
    }

    /// Returns when `count` have come.
    package func arrived(_ count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.arrivals < count { state.watching.append((count, continuation)) }
                return state.arrivals >= count
            }
            if isThere { continuation.resume() }
        }
    }

    /// Whoever comes from now on waits.
    package func close() {
        state.withLock { $0.isOpen = false }
    }

    /// Whether anybody has come.
    package var hasArrivals: Bool { state.withLock { $0.arrivals > 0 } }

    /// Lets everybody pass.
    package func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for goOn in waiting { goOn() }
    }
}
