import Dispatch
import Synchronization

/// One of the store's connections, with a thread of its own for those who must not block theirs. Whoever was given it is alone
/// with it until it is given back.
final class Connection: Sendable {
    /// Where its work runs.
    let thread: DispatchQueue
    private let address: StoreAddress
    /// Round trips that were waited for.
    private let trips = Atomic(0)
    private let state = Mutex(State())

    private struct State: ~Copyable {
        /// Nil while there is none.
        var link: Link?
        /// How often in a row none could be made, and until when nobody tries again.
        var failures = 0
        var pause: ContinuousClock.Instant?
        /// Whether the store is closed: then another program may have it.
        var isClosed = false

        /// Sees to it that there is one. While a server is away whoever asks is told at once, but for one every now and then: a
        /// host that swallows everything would make each of them wait.
        mutating func connect(to address: StoreAddress) throws(LinkFailure) {
            guard link == nil || link?.isIntact == false else { return }
            link = nil
            guard !isClosed else { throw .unreachable(code: "closed") }
            if let pause, .now < pause { throw .unreachable(code: "pause") }
            do throws(LinkFailure) {
                link = try address.connect()
                (failures, pause) = (0, nil)
            } catch {
                pause = .now + .milliseconds(min(100 << failures, 3000))
                failures = min(failures + 1, 5)
                throw error
            }
        }
    }

    /// A connection that is made when it is needed.
    init(to address: StoreAddress, number: Int) {
        self.address = address
        thread = DispatchQueue(label: "store-\(number)")
    }

    /// Sends statements together and reads what each answered, in one round trip.
    func exchange(_ queries: [Query], within seconds: Int = Connection.patience) throws(LinkFailure) -> [ResultRows] {
        trips.add(1, ordering: .relaxed)
        return try state.withLock { state throws(LinkFailure) in
            try state.connect(to: address)
            return try state.link?.exchange(queries, within: seconds) ?? []
        }
    }

    /// How many round trips were waited for.
    var roundTrips: Int { trips.load(ordering: .relaxed) }

    /// Ends a transaction whose outcome nobody waits for: one that read only, or is undone.
    func end(by statement: String) {
        state.withLock { state in
            // What fails here fails again for whoever uses it next.
            try? state.link?.post([Query(statement)])
        }
    }

    /// How many warnings there were since this was asked last.
    func takeWarnings() -> Int { state.withLock { $0.link?.takeWarnings() ?? 0 } }

    /// Ends it. It is made anew when it is needed.
    func disconnect() { state.withLock { $0.link = nil } }

    /// Ends it for good.
    func close() {
        state.withLock { state in
            state.link = nil
            state.isClosed = true
        }
    }

    /// How long an answer may take, in seconds.
    static let patience = 30
}
