package import Installations
package import Webhooks

/// A hold that has ended.
package struct EndedHold: Sendable {
    /// The stream that it held back.
    package let stream: InstallationNumber
    /// Whether it was a lease.
    package let wasLease: Bool
    /// The event that it held; nil when that is gone.
    package let event: HeldEvent?

    /// What was read.
    package init(stream: InstallationNumber, wasLease: Bool, event: HeldEvent?) {
        self.stream = stream
        self.wasLease = wasLease
        self.event = event
    }
}

/// An event that a hold keeps back.
package struct HeldEvent: Sendable {
    /// Its dates.
    package let dates: EventDates
    /// Where it stands.
    package let state: EventState
    /// Attempts so far.
    package let attempts: Int
    /// The length of its sealed body.
    package let bytes: Int

    /// What was read.
    package init(dates: EventDates, state: EventState, attempts: Int, bytes: Int) {
        self.dates = dates
        self.state = state
        self.attempts = attempts
        self.bytes = bytes
    }
}

extension Store {
    package func lease(
        _ events: [WaitingEvent], as lease: LeaseID, from now: Timestamp, until: Timestamp
    ) async throws(StoreError) -> [WaitingEvent] {
        try await write { writes in
            let isLeased = try writes.lease(events, as: lease, from: now, until: until)
            return zip(events, isLeased).filter(\.1).map(\.0)
        }
    }

    package func endHolds(
        at now: Timestamp, limit: Int, schedule: RetrySchedule
    ) async throws(StoreError) -> EndedHolds {
        await noteClock(at: now)
        try await capHolds(at: now, longest: schedule.longestAsked, limit: limit)
        // Asked without a writer: most of the time no hold has ended.
        let (due, next) = try await read { reads in try reads.endedHolds(at: now, limit: limit) }
        var ended = EndedHolds()
        ended.next = next
        guard !due.isEmpty else { return ended }
        // Which streams can go on is read with it: holds that ended while that failed would be offered to nobody.
        let (consequences, streams) = try await write { [tools] writes in
            // Looked at again: each may have been settled, or leased anew, since.
            let holds = try writes.endedHolds(of: due, at: now)
            let plan = HoldPlanner(holds, steps: try writes.clock().steps, schedule: schedule, now: now)
            try writes.apply(plan.changes, by: tools)
            return (plan.consequences, try writes.ready(due))
        }
        note(consequences)
        ended.streams = streams
        ended.count = due.count
        return ended
    }

    /// A hold that seems to have begun later than now was made before the clock was put right: it lasts as long as it was
    /// meant to, from now. None lasts longer than any may, whatever its row says.
    private func capHolds(at now: Timestamp, longest: Int64, limit: Int) async throws(StoreError) {
        while true {
            let isAny = try await read { reads in
                try !reads.overlongHolds(at: now, longest: longest, limit: 1).isEmpty
            }
            guard isAny else { return }
            try await write { [tools] writes in
                let changes = try writes.overlongHolds(at: now, longest: longest, limit: limit).map { hold in
                    let length = min(max(hold.length, 0), longest)
                    let until = Timestamp(milliseconds: now.milliseconds + length)
                    return Change.event(.changeHold(hold.stream, until: until, length: length))
                }
                try writes.apply(changes, by: tools)
            }
        }
    }
}

/// Decides what the end of holds changes. It reads nothing and writes nothing.
package struct HoldPlanner: Sendable {
    /// What is to be written, in this order.
    package private(set) var changes: [Change] = []
    /// What memory must know once it is written.
    package private(set) var consequences = EventConsequences()

    /// Decides about holds that have ended. An event whose lease ran out waits again, or is given up by the schedule.
    package init(_ holds: [EndedHold], steps: ClockSteps, schedule: RetrySchedule, now: Timestamp) {
        for hold in holds {
            changes.append(.event(.release(hold.stream)))
            // What a lease of another time names may be settled since.
            guard hold.wasLease, let event = hold.event, event.state == .leased else { continue }
            let attempt = Attempt(
                at: now, target: nil, status: nil, milliseconds: nil, failure: DeliveryFailure.leaseExpired.text)
            changes.append(.event(.keep(attempt, of: event.dates.id)))
            let since = steps.waitsSince(event.dates)
            if schedule.isOver(attempts: event.attempts, since: since, now: now) {
                changes.append(
                    .event(
                        .bury(
                            event.dates.id, of: hold.stream, bytes: event.bytes, attempts: 0, .leaseExpired, at: now)))
                consequences.hasSettled = true
            } else {
                changes.append(.event(.postpone(event.dates.id, attempts: 0, .leaseExpired)))
            }
        }
    }
}
