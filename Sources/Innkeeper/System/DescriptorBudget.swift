import Glibc
import Ingress
import Listening
import NIOCore

/// How the process's file descriptors are shared out: the one place of this arithmetic.
///
/// The last ones belong to nobody. Swift's thread pool opens `/proc/…/task/N/stat` once a second and traps the process
/// when it cannot; so whoever takes descriptors as others ask for them stops before: both listeners, the socket and the
/// deliveries. What is left when each of these has its least goes first to deliveries (a quarter at most) and operators
/// (an eighth), then to the public listener.
struct DescriptorBudget: Hashable, Sendable {
    /// Left free for ever.
    static let untouched = 16
    /// The store (a writer, four readers, the log, a backup), key files, standard streams, signals, the listening sockets,
    /// looking up names, reading `/proc`.
    static let fixed = 44
    /// What an event loop holds: its poll, its wake-up, its clock.
    static let eachLoop = 3
    /// The least that a listener can do with, and the most that is of use to it.
    private static let (leastConnections, mostOperators, mostLocal) = (4, 1024, 256)
    /// The most to one target.
    private static let mostToTarget = 128
    /// A delivery's connection, and what looking its host up may hold at the same time.
    static let eachDelivery = 2

    /// Descriptors the process may have.
    let limit: Int
    /// What the public listener was to have.
    let wanted: Int
    /// What it gets.
    let connections: Int
    /// Connections of the operator listener.
    let operators: Int
    /// Connections of `innkeeper.sock`.
    let local: Int
    /// Connections to each target of deliveries.
    let toTarget: Int

    /// Shares `limit` out; nil when it is too low to serve with.
    init?(limit: Int, wanted: Int, targets: Int, loops: Int) {
        let least = Self.least(targets: targets, loops: loops)
        guard limit >= least else { return nil }
        self.limit = limit
        self.wanted = wanted
        var rest = limit - least
        func grant(_ share: Int, upTo most: Int) -> Int {
            let taken = min(rest / share, most)
            rest -= taken
            return taken
        }
        let each = Self.eachDelivery * targets
        toTarget = targets > 0 ? 1 + grant(4, upTo: (Self.mostToTarget - 1) * each) / each : Self.mostToTarget
        operators = Self.within(Self.leastPlaces + grant(8, upTo: Self.mostOperators * 5 / 4), Self.mostOperators)
        local = Self.within(Self.leastPlaces + grant(16, upTo: Self.mostLocal * 5 / 4), Self.mostLocal)
        connections = Self.within(2 * Self.leastPlaces + rest, wanted)
    }

    /// The least descriptors of a listener.
    private static let leastPlaces = leastConnections + AcceptGate.slack(for: leastConnections)

    /// The most connections for which, with what they hold for a moment beside, so many descriptors are enough.
    private static func within(_ places: Int, _ most: Int) -> Int {
        var (low, high) = (leastConnections, max(most, leastConnections))
        while low < high {
            let middle = (low + high + 1) / 2
            if middle + AcceptGate.slack(for: middle) <= places { low = middle } else { high = middle - 1 }
        }
        return min(low, most)
    }

    /// The lowest limit to serve with.
    static func least(targets: Int, loops: Int) -> Int {
        untouched + fixed + eachLoop * loops + eachDelivery * targets + 4 * leastPlaces
    }

    /// Of this process, whose soft limit is raised to the hard one first.
    static func ofThisProcess(_ settings: Settings) throws(StartupError) -> DescriptorBudget {
        let (targets, loops) = (settings.forwards.count, NIOSingletons.groupLoopCountSuggestion)
        // Those of a server's store come before all others.
        let (limit, ofStore) = (raiseLimit(), settings.storeDescriptors)
        guard
            let budget = DescriptorBudget(
                limit: limit - ofStore, wanted: settings.ingress.maxConnections, targets: targets, loops: loops)
        else { throw .descriptors(limit: limit, needed: least(targets: targets, loops: loops) + ofStore) }
        return budget
    }

    /// Raises the soft limit to the hard one, which costs nothing; the limit there is then.
    static func raiseLimit() -> Int {
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(files, &limit) == 0 else { return 0 }
        var raised = limit
        raised.rlim_cur = raised.rlim_max
        if setrlimit(files, &raised) == 0 { limit = raised }
        return Int(clamping: limit.rlim_cur)
    }

    /// What to say when the public listener gets less than it was to have.
    var shortage: String? {
        guard connections < wanted else { return nil }
        return "\(limit) file descriptors are enough for \(connections) public connections, not for \(wanted)"
    }

    /// How to mend that. With twice as many as there are to be connections everybody's share is enough.
    var remedy: String {
        "raise the limit to \(max(1024, 2 * wanted)) (ulimit -n, LimitNOFILE= of the service), or lower "
            + "ingress.maxConnections"
    }
}
