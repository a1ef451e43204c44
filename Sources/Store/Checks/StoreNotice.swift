package import Installations

/// What a store tells whoever watches it; each is worth one line of log.
package enum StoreNotice: Hashable, Sendable {
    /// Writes fail from now on.
    case unavailable(StoreCondition, code: String)
    /// Writes succeed again.
    case recovered
    /// A reader has kept what was erased in the log for long.
    case logHeld
    /// The log is empty after all.
    case logEmptied
}

/// An engine that tells of itself.
package protocol WatchedEngine: Sendable {
    /// What is worth a line of log, for one who watches.
    var notices: AsyncStream<StoreNotice> { get }

    /// Looks whether a condition has ended by itself, or one has begun that no write has met. For every second.
    func lookAgain() async
}
