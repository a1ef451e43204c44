package import Installations
package import Webhooks

/// What may be cleared away is asked for by this.
package struct SweepQuestion: Sendable {
    /// Rows of each kind at most.
    package let limit: Int
    /// Events with ids below this one may have arrived before all that is kept.
    package let arrivedBelow: EventID
    /// Dead letters with ids below this one may go.
    package let deadBelow: EventID
    /// A dead letter goes that died before this moment, a replayed event dies that was replayed before it.
    package let before: Timestamp
    /// The same holds of what happened before this step of the clock, whatever its date says; 0 for none.
    package let step: Int64
    /// Of installations that ended before this moment the settings go.
    package let endedBefore: Timestamp
    /// The type of the events that hold settings.
    package let settingsType = LifecycleDecision.storeSettings.eventType

    /// What is over at `now`.
    package init(now: Timestamp, retention: EventRetention, steps: ClockSteps, limit: Int) {
        self.limit = limit
        before = Timestamp(milliseconds: now.milliseconds - retention.length)
        endedBefore = Timestamp(milliseconds: now.milliseconds - retention.settings)
        step = steps.last(before: before)?.number ?? 0
        // Ids are by arrival, unless the clock was ahead.
        arrivedBelow = steps.all.isEmpty ? EventID(firstAt: before) : EventID(number: .max)
        // Whatever died before has a smaller id, unless the clock was ahead.
        deadBelow = steps.explain(before) ? EventID(number: .max) : EventID(firstAt: before)
    }
}

/// What may be cleared away, as it stands in the transaction that will write.
package struct SweepFacts: Sendable {
    /// The oldest delivered events.
    package let delivered: [EventDates]
    /// The oldest dead letters that are over.
    package let dead: [KeptEvent]
    /// Ended installations whose key nothing needs but these dead letters.
    package let lastOf: Set<InstallationNumber>
    /// The oldest pending events, but those that were replayed too late to be over.
    package let pending: [PendingEvent]
    /// Settings that are to be erased, of some installations, with as many events in all as were asked for.
    package let settings: [SettingsToErase]
    /// Whether there may be more settings.
    package let hasMoreSettings: Bool

    /// What was read.
    package init(
        delivered: [EventDates], dead: [KeptEvent], lastOf: Set<InstallationNumber>, pending: [PendingEvent],
        settings: [SettingsToErase], hasMoreSettings: Bool
    ) {
        self.delivered = delivered
        self.dead = dead
        self.lastOf = lastOf
        self.pending = pending
        self.settings = settings
        self.hasMoreSettings = hasMoreSettings
    }
}

/// An event that is kept, with the stream it is in.
package struct KeptEvent: Sendable {
    /// Which event.
    package let id: EventID
    /// Its stream.
    package let stream: InstallationNumber
    /// The length of its sealed body; 0 when that is gone.
    package let bytes: Int

    /// What was read.
    package init(id: EventID, stream: InstallationNumber, bytes: Int) {
        self.id = id
        self.stream = stream
        self.bytes = bytes
    }
}

/// An event that nobody took.
package struct PendingEvent: Sendable {
    /// Its dates.
    package let dates: EventDates
    /// Which it is and where.
    package let event: KeptEvent
    /// Whether a retry of it holds its stream back.
    package let isHeld: Bool

    /// What was read.
    package init(dates: EventDates, event: KeptEvent, isHeld: Bool) {
        self.dates = dates
        self.event = event
        self.isHeld = isHeld
    }
}

/// The settings in events that nobody took while their installation lived. They are erased some days after its end, whatever is
/// retried, leased or replayed; all else of its events stays as long as any event does.
package struct SettingsToErase: Sendable {
    /// The installation.
    package let stream: InstallationNumber
    /// Its events that hold settings and have a body, oldest first.
    package let events: [SettingsEvent]
    /// The last event that was looked at; nil when all were.
    package let through: EventID?

    /// What was read.
    package init(stream: InstallationNumber, events: [SettingsEvent], through: EventID?) {
        self.stream = stream
        self.events = events
        self.through = through
    }
}

/// An event that holds settings.
package struct SettingsEvent: Sendable {
    /// Which it is and where.
    package let event: KeptEvent
    /// Where it stands.
    package let state: EventState
    /// Whether a hold of it keeps its stream back.
    package let isHeld: Bool

    /// What was read.
    package init(event: KeptEvent, state: EventState, isHeld: Bool) {
        self.event = event
        self.state = state
        self.isHeld = isHeld
    }
}
