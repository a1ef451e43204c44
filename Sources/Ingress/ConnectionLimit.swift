import Synchronization

/// Counts open connections over all event loops.
final class ConnectionLimit: Sendable {
    private let maximum: Int
    private let open = Atomic(0)

    init(maximum: Int) {
        self.maximum = maximum
    }

    /// Takes a place. Whoever gets true calls `leave` exactly once, when the connection closed; whoever gets false never
    /// does, so a flood of surplus connections cannot wear the count down or up.
    func enter() -> Bool {
        let (_, now) = open.wrappingAdd(1, ordering: .relaxed)
        if now <= maximum { return true }
        leave()
        return false
    }

    /// Gives a place back.
    func leave() {
        open.wrappingSubtract(1, ordering: .relaxed)
    }

    /// Connections that have a place.
    var count: Int { open.load(ordering: .relaxed) }
}
