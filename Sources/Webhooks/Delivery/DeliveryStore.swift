package import Installations
import Marketplace

/// What persistence must promise for delivery.
///
/// A stream stands in one of four places: nothing waits; something waits and may go on; a *hold* keeps it back until a
/// moment (a retry or a lease, both of them rows, so that they outlive the process); or it is under way, which only
/// memory knows: after a crash it is found waiting again, and the same event goes out once more under the same id.
package protocol DeliveryStore: Sendable {
    /// Told of every stream that gets an event.
    var arrivals: Arrivals { get }

    /// Which of these streams have something to deliver and are not held.
    func ready(_ installations: [InstallationNumber]) async throws(StoreError) -> [EventStream]

    /// A page of the streams that have something to deliver and are not held, each on one page, whatever the length of
    /// their backlogs. The first page begins after 0; `last` is after what the next one begins, nil at the end.
    func readyStreams(after: Int64, limit: Int) async throws(StoreError) -> (streams: [EventStream], last: Int64?)

    /// Ends holds whose time has come. An event whose lease expired waits again, or is given up by `schedule`.
    func endHolds(at: Timestamp, limit: Int, schedule: RetrySchedule) async throws(StoreError) -> EndedHolds

    /// Told of streams that other processes say may be delivered here.
    var called: Arrivals { get }

    /// Tells other processes, if any share the store, of streams that they may deliver as well. Returns at once.
    func call(_ streams: [InstallationNumber])

    /// Whether a delivery may begin of what was taken at a moment: those who share the store have heard of this process ever since,
    /// and a moment ago, so that none of them has taken it over or will.
    func isHeard(since moment: ContinuousClock.Instant) -> Bool

    /// As `heads`, to be pushed from here: no other process pushes these streams until they are settled with nothing more to
    /// deliver now.
    func takeHeads(of installations: [InstallationNumber], bytes: Int) async throws(StoreError) -> [StreamHead]

    /// What stands at the head of each stream, in their order, opened. Bodies of at most `bytes` in all, but at least
    /// one, so that memory is bounded whatever their size.
    func heads(of installations: [InstallationNumber], bytes: Int) async throws(StoreError) -> [StreamHead]

    /// Commits what became of events, all in one durable transaction. For each: whether it took effect. It takes up the
    /// ticket of each in that transaction, and leaves alone what was withdrawn.
    func settle(_ settlements: [Settlement]) async throws(StoreError) -> [SettlementResult]

    /// Leases events to a worker, all in one durable transaction: of each stream the event at its head, unless somebody
    /// was faster. Returns those leased.
    func lease(
        _ events: [WaitingEvent], as lease: LeaseID, from: Timestamp, until: Timestamp
    ) async throws(StoreError) -> [WaitingEvent]

    /// Puts a dead event back into its stream, at its place in the order, or ends the wait of a pending one; audited.
    func replay(_ id: EventID, actor: Actor, at: Timestamp) async throws(StoreError) -> ReplayAnswer

    /// The same for a batch of dead events with ids above `after`; audited as one.
    func replayDead(
        _ filter: DeadFilter, after: EventID?, limit: Int, actor: Actor, at: Timestamp
    ) async throws(StoreError) -> ReplayBatch

    /// One bounded step of clearing away what was kept long enough. Nothing of it, while the clock is weeks beyond the last
    /// time and nobody says that `isBelieved`.
    func sweep(
        at: Timestamp, retention: EventRetention, limit: Int, isBelieved: Bool
    ) async throws(StoreError) -> SweepResult

    /// Everything about one event but its body; nil when there is none.
    func eventDetail(_ id: EventID) async throws(StoreError) -> EventDetail?

    /// The attempts to deliver it, oldest first: of many the first and the last `Attempt.kept`. Nil when there is no such event.
    func attempts(of id: EventID) async throws(StoreError) -> [Attempt]?
}

/// What the end of holds brought.
package struct EndedHolds: Sendable {
    /// Streams that may go on.
    package var streams: [EventStream] = []
    /// Holds that ended.
    package var count = 0
    /// When the next hold ends; nil when there is none.
    package var next: Timestamp?

    /// Nothing yet.
    package init() {}
}

/// Names one lease. Whoever knows it may settle what it holds, so it cannot be guessed.
package struct LeaseID: Hashable, Sendable {
    /// The text form.
    package let text: String

    /// A new lease, 128 random bits.
    package static func random() -> LeaseID {
        var random = SystemRandomNumberGenerator()
        let halves = [random.next(), random.next()].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        return LeaseID(trusted: "lse_" + halves.joined())
    }

    /// Reads the text form; nil for anything else.
    package init?(_ text: String) {
        guard text.hasPrefix("lse_"), text.utf8.count == 36 else { return nil }
        self.text = text
    }

    private init(trusted text: String) { self.text = text }
}

/// What became of an event, to be committed.
package struct Settlement: Sendable {
    /// What became of it.
    package enum Change: Hashable, Sendable {
        /// Delivered: its body goes.
        case delivered
        /// An attempt failed; the stream is held until this moment.
        case retry(at: Timestamp, DeliveryFailure)
        /// A dead letter.
        case dead(DeliveryFailure)
        /// No attempt was made; the stream is held until this moment.
        case postponed(until: Timestamp)
    }

    /// Which event.
    package let event: EventID
    /// What became of it.
    package let change: Change
    /// The lease it was under: it must hold the event still. Nil for an event that was pushed.
    package let lease: LeaseID?
    /// When.
    package let at: Timestamp
    /// The attempt, if it is to be kept; nil for an event that was delivered at once.
    package let attempt: Attempt?
    /// Of the request that asks for it; nil for a delivery.
    package let ticket: WriteTicket?

    /// A settlement.
    package init(
        event: EventID, change: Change, lease: LeaseID? = nil, at: Timestamp, attempt: Attempt? = nil,
        ticket: WriteTicket? = nil
    ) {
        self.event = event
        self.change = change
        self.lease = lease
        self.at = at
        self.attempt = attempt
        self.ticket = ticket
    }
}

/// What a settlement did.
package struct SettlementResult: Sendable {
    /// Whether it took effect.
    package let isApplied: Bool
    /// Whether the stream has more to deliver now.
    package let hasMore: Bool
    /// Whether its request took it back: nothing was done.
    package let isWithdrawn: Bool

    /// Of a settlement that its request took back.
    package static let withdrawn = SettlementResult(isApplied: false, hasMore: false, isWithdrawn: true)

    /// A result.
    package init(isApplied: Bool, hasMore: Bool, isWithdrawn: Bool = false) {
        self.isApplied = isApplied
        self.hasMore = hasMore
        self.isWithdrawn = isWithdrawn
    }
}
