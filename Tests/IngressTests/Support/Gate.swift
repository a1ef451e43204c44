import Dispatch
import Synchronization

/// Holds whoever passes until it is opened, and tells when somebody has come.
final class Gate: Sendable {
    private struct State {
        var isOpen: Bool
        var arrivals = 0
        var waiting: [@Sendable () -> Void] = []
        var watching: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state: Mutex<State>

    init(isOpen: Bool = false) {
        state = Mutex(State(isOpen: isOpen))
    }

    /// Returns when the gate is open.
    func pass() async {
        await withCheckedContinuation { continuation in enter { continuation.resume() } }
    }

    /// A server's readiness that is found out when the gate is open.
    var readiness: @Sendable () async -> String? {
        {
            await self.pass()
            return nil
        }
    }

    /// As `pass`, for a thread that may block.
    func block() {
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
    func arrived(_ count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.arrivals < count { state.watching.append((count, continuation)) }
                return state.arrivals >= count
            }
            if isThere { continuation.resume() }
        }
    }

    func close() {
        state.withLock { $0.isOpen = false }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for goOn in waiting { goOn() }
    }
}
