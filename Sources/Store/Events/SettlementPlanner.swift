package import Installations
package import Webhooks

/// What decides about one settlement, as it stands in the transaction that will write.
package struct SettlementFacts: Sendable {
    /// The stream that the event is in.
    package let stream: InstallationNumber
    /// Where the event stands.
    package let state: EventState
    /// The length of its sealed body; nil when that is gone.
    package let bytes: Int?
    /// What holds the stream back because of this event; read for settlements with a lease only.
    package let hold: (lease: String?, until: Timestamp)?
    /// Whether another event of the stream waits.
    package let othersWait: Bool
    /// Whether the installation has ended and nothing but this event still needs its key. Read where no other event waits.
    package let isLast: Bool
    /// Whether a process has taken the stream to push it: this one, or another; nil for none.
    package let isOurs: Bool?

    /// What was read.
    package init(
        stream: InstallationNumber, state: EventState, bytes: Int?, hold: (lease: String?, until: Timestamp)?,
        othersWait: Bool,
        isLast: Bool, isOurs: Bool? = nil
    ) {
        self.stream = stream
        self.state = state
        self.bytes = bytes
        self.hold = hold
        self.othersWait = othersWait
        self.isLast = isLast
        self.isOurs = isOurs
    }
}

/// Decides what settlements change. It reads nothing and writes nothing.
package struct SettlementPlanner: Sendable {
    /// What became of each settlement, in their order.
    package private(set) var results: [SettlementResult] = []
    /// What is to be written, in this order.
    package private(set) var changes: [Change] = []
    /// What memory must know once it is written.
    package private(set) var consequences = EventConsequences()

    /// Decides about settlements and their facts, in their order. No two are of one stream: each is decided as if alone.
    package init(_ settlements: [Settlement], _ facts: [SettlementFacts?]) {
        results.reserveCapacity(settlements.count)
        changes.reserveCapacity(settlements.count)
        for (settlement, facts) in zip(settlements, facts) { results.append(settle(settlement, facts)) }
    }

    private mutating func settle(_ settlement: Settlement, _ facts: SettlementFacts?) -> SettlementResult {
        guard let facts else { return SettlementResult(isApplied: false, hasMore: false) }
        if let lease = settlement.lease {
            // A lease that has run out, or that another has followed, settles nothing.
            guard let hold = facts.hold, hold.lease == lease.text, hold.until > settlement.at else {
                return SettlementResult(isApplied: false, hasMore: false)
            }
            add(.release(facts.stream))
        } else if facts.isOurs == false {
            // Whoever was silent for too long has lost its streams: what becomes of their events is another's to say.
            return SettlementResult(isApplied: false, hasMore: false)
        }
        let result = settle(settlement, facts, wasWaiting: facts.state == .pending || facts.state == .leased)
        if !result.hasMore, facts.isOurs == true { add(.letGo(facts.stream)) }
        return result
    }

    private mutating func settle(
        _ settlement: Settlement, _ facts: SettlementFacts, wasWaiting: Bool
    ) -> SettlementResult {
        // An event may have been given up while its delivery was under way. What the target took is delivered.
        guard wasWaiting || (facts.state == .dead && settlement.change == .delivered) else {
            return SettlementResult(isApplied: false, hasMore: facts.othersWait)
        }
        apply(settlement, facts, wasDead: !wasWaiting)
        if settlement.change.holdsUntil != nil { return SettlementResult(isApplied: true, hasMore: false) }
        if wasWaiting { consequences.hasSettled = true }
        if facts.othersWait {
            if settlement.lease != nil { consequences.released.append(facts.stream) }
            return SettlementResult(isApplied: true, hasMore: true)
        }
        // A dead letter still needs the key: it can be read and replayed until it is cleared away.
        if facts.isLast, settlement.change == .delivered {
            add(.destroyKey(facts.stream, at: settlement.at))
            consequences.hasErased = true
        }
        return SettlementResult(isApplied: true, hasMore: false)
    }

    private mutating func apply(_ settlement: Settlement, _ facts: SettlementFacts, wasDead: Bool) {
        let (event, stream, bytes) = (settlement.event, facts.stream, facts.bytes ?? 0)
        // A lease counted its attempt when it began.
        let attempts = settlement.lease == nil ? 1 : 0
        if let attempt = settlement.kept { add(.keep(attempt, of: event)) }
        switch settlement.change {
        case .delivered:
            add(.deliver(event, of: stream, bytes: bytes, attempts: attempts, wasDead: wasDead, at: settlement.at))
        case .dead(let failure):
            // What was not sent is no attempt.
            let attempts = failure == .damaged ? 0 : attempts
            add(.bury(event, of: stream, bytes: bytes, attempts: attempts, failure, at: settlement.at))
        case .retry(let until, let failure):
            add(.postpone(event, attempts: attempts, failure))
            add(.hold(stream, event: event, from: settlement.at, until: until))
        case .postponed(let until):
            add(.hold(stream, event: event, from: settlement.at, until: until))
        }
    }

    private mutating func add(_ change: EventChange) { changes.append(.event(change)) }
}

extension Settlement {
    /// The attempt as it is kept: a worker's that failed says when and of what.
    fileprivate var kept: Attempt? {
        if let attempt { return attempt }
        switch change {
        case .retry(_, let failure) where lease != nil, .dead(let failure) where lease != nil:
            return Attempt(at: at, target: nil, status: nil, milliseconds: nil, failure: failure.text)
        default: return nil
        }
    }
}

/// What memory must know of events once what became of them is written.
package struct EventConsequences: Sendable {
    /// Whether any event does not wait any more.
    package var hasSettled = false
    /// Streams with more to deliver that were held: they are nobody's now.
    package var released: [InstallationNumber] = []
    /// Whether a key or settings are gone. Neither must survive its installation in what an engine keeps beside the rows.
    /// Another body may, for some time: it is sealed.
    package var hasErased = false

    /// None.
    package init() {}
}
