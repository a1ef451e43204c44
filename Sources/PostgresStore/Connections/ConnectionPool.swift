import Dispatch
import Installations
import Synchronization

/// The store's connections. Each is given to one at a time, in the order in which they asked; the platform's calls go before all
/// others.
final class ConnectionPool: Sendable {
    /// Who asks.
    enum Kind {
        case platform, other
    }

    private typealias Waiting = @Sendable (Connection) -> Void

    private struct State {
        var idle: [Connection]
        var platform: [Waiting] = []
        var others: [Waiting] = []
        var isClosed = false
    }

    /// How many may wait.
    private static let limit = 4096

    private let state: Mutex<State>
    /// All of them.
    let connections: [Connection]

    /// As many connections as are given, none of which is made yet.
    init(_ connections: [Connection]) {
        self.connections = connections
        state = Mutex(State(idle: connections))
    }

    /// Gives a connection to `use`, on its thread, which gives it back when it ends.
    func take(
        for kind: Kind, _ use: @escaping @Sendable (Connection) -> Void
    ) throws(StoreError) {
        try ask(kind) { [self] connection in
            connection.thread.async {
                use(connection)
                self.giveBack(connection)
            }
        }
    }

    /// Gives a connection to `use`, on the thread that calls, which waits for it.
    func borrow<T>(
        for kind: Kind, _ use: (Connection) throws(StoreError) -> T
    ) throws(StoreError) -> T {
        let arrived = DispatchSemaphore(value: 0)
        let place = Mutex<Connection?>(nil)
        try ask(kind) { connection in
            place.withLock { $0 = connection }
            arrived.signal()
        }
        arrived.wait()
        guard let connection = place.withLock({ $0 }) else { throw .unavailable(.stopping, code: "closed") }
        defer { giveBack(connection) }
        return try use(connection)
    }

    /// Ends all connections; what comes then is refused.
    func close() {
        state.withLock { $0.isClosed = true }
        for connection in connections { connection.thread.sync { connection.close() } }
    }

    private func ask(_ kind: Kind, _ waiting: @escaping Waiting) throws(StoreError) {
        let connection = try state.withLock { state throws(StoreError) -> Connection? in
            guard !state.isClosed else { throw .unavailable(.stopping, code: "closed") }
            if let connection = state.idle.popLast() { return connection }
            guard state.platform.count + state.others.count < Self.limit else {
                throw .unavailable(.busy, code: "queue")
            }
            switch kind {
            case .platform: state.platform.append(waiting)
            case .other: state.others.append(waiting)
            }
            return nil
        }
        if let connection { waiting(connection) }
    }

    private func giveBack(_ connection: Connection) {
        let next = state.withLock { state -> Waiting? in
            if !state.platform.isEmpty { return state.platform.removeFirst() }
            if !state.others.isEmpty { return state.others.removeFirst() }
            state.idle.append(connection)
            return nil
        }
        next?(connection)
    }
}
