package import Installations
package import Webhooks

/// Decides about one bounded step of clearing away. It reads nothing and writes nothing.
package struct SweepPlanner: Sendable {
    /// What is to be written, in this order.
    package private(set) var changes: [Change] = []
    /// What was cleared away.
    package private(set) var result = SweepResult()
    /// What memory must know once it is written.
    package private(set) var consequences = EventConsequences()

    private let question: SweepQuestion
    private let facts: SweepFacts
    private let steps: ClockSteps
    private let now: Timestamp
    /// The last time the clock was put back before what is over: all that happened until then is over.
    private let step: ClockStep?

    /// Decides what goes.
    package init(_ question: SweepQuestion, _ facts: SweepFacts, steps: ClockSteps, now: Timestamp) {
        self.question = question
        self.facts = facts
        self.steps = steps
        self.now = now
        step = steps.last(before: question.before)
        removeDelivered()
        removeDead()
        // First what is over already: the two share the time of one transaction.
        let expired = facts.delivered.count == question.limit && isOver(facts.delivered.last) ? [] : expire()
        eraseSettings(besides: Set(facts.dead.map(\.id)), expired)
    }

    /// Whether an event arrived before all that is kept. Those that came earlier did so as well: its id is larger than theirs.
    private func isOver(_ event: EventDates?) -> Bool {
        guard let event else { return false }
        if event.id < EventID(firstAt: question.before) { return true }
        if let step, event.id <= step.event { return true }
        return steps.isAhead(event.id) && steps.arrival(event.receivedAt, of: event.id) < question.before
    }

    private mutating func removeDelivered() {
        let over = facts.delivered.prefix { isOver($0) }
        guard let last = over.last else { return }
        add(.removeDelivered(through: last.id))
        result.removed += over.count
        if over.count == question.limit { result.hasMore = true }
    }

    /// With the last dead letter of an ended installation goes the installation's key; settling an event sees to it that every
    /// other key goes.
    private mutating func removeDead() {
        for event in facts.dead { add(.removeDead(event.id, of: event.stream, bytes: event.bytes)) }
        for stream in facts.lastOf.sorted() { add(.destroyKey(stream, at: now)) }
        result.removed += facts.dead.count
        result.destroyedKeys = facts.lastOf.count
        if !facts.lastOf.isEmpty { consequences.hasErased = true }
        if facts.dead.count == question.limit { result.hasMore = true }
    }

    /// Nobody took them. They become dead letters and can be replayed until those are cleared away.
    private mutating func expire() -> Set<EventID> {
        var expired: Set<EventID> = []
        for pending in facts.pending.prefix(while: { isOver($0.dates) }) {
            // A replayed event has its time anew.
            guard pending.dates.replayedAt == nil || steps.waitsSince(pending.dates) < question.before else { continue }
            giveUp(pending.event, isHeld: pending.isHeld, .expired)
            expired.insert(pending.event.id)
        }
        result.expired = expired.count
        if expired.count == question.limit { result.hasMore = true }
        return expired
    }

    private mutating func eraseSettings(besides removed: Set<EventID>, _ expired: Set<EventID>) {
        for due in facts.settings {
            for settings in due.events where !removed.contains(settings.event.id) {
                let (event, waits) = (settings.event, settings.state == .pending || settings.state == .leased)
                if waits, !expired.contains(event.id) { giveUp(event, isHeld: settings.isHeld, .settingsErased) }
                add(.erase(event.id, of: event.stream, bytes: event.bytes))
                consequences.hasErased = true
            }
            add(.settingsErased(due.stream, through: due.through))
        }
        if facts.hasMoreSettings { result.hasMore = true }
    }

    /// Makes a waiting event a dead letter without an attempt.
    private mutating func giveUp(_ event: KeptEvent, isHeld: Bool, _ failure: DeliveryFailure) {
        add(.bury(event.id, of: event.stream, bytes: event.bytes, attempts: 0, failure, at: now))
        consequences.hasSettled = true
        guard isHeld else { return }
        add(.release(event.stream))
        consequences.released.append(event.stream)
    }

    private mutating func add(_ change: EventChange) { changes.append(.event(change)) }
}
