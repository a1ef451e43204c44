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
    /// Nil while there is none.
    private let link = Mutex<Link?>(nil)

    /// A connection that is made when it is needed.
    init(to address: StoreAddress, number: Int) {
        self.address = address
        thread = DispatchQueue(label: "store-\(number)")
    }

    /// Sends statements together and reads what each answered, in one round trip.
    func exchange(_ queries: [Query], within seconds: Int = Connection.patience) throws(LinkFailure) -> [ResultRows] {
        trips.add(1, ordering: .relaxed)
        return try link.withLock { link throws(LinkFailure) in
            if link == nil || link?.isIntact == false { link = try address.connect() }
            return try link?.exchange(queries, within: seconds) ?? []
        }
    }

    /// How many round trips were waited for.
    var roundTrips: Int { trips.load(ordering: .relaxed) }

    /// Ends a transaction whose outcome nobody waits for: one that read only, or is undone.
    func end(by statement: String) {
        link.withLock { link in
            // What fails here fails again for whoever uses it next.
            try? link?.post([Query(statement)])
        }
    }

    /// How many warnings there were since this was asked last.
    func takeWarnings() -> Int { link.withLock { $0?.takeWarnings() ?? 0 } }

    /// Ends it. It is made anew when it is needed.
    func close() { link.withLock { $0 = nil } }

    /// How long an answer may take, in seconds.
    static let patience = 30
}
