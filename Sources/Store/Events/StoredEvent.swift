package import Installations
package import Webhooks

/// An event as a store keeps it, but its body.
package struct StoredEvent: Sendable {
    /// What lists show.
    package let summary: EventSummary
    /// Its dates.
    package let dates: EventDates
    /// Until when a retry or a lease of it holds its stream back.
    package let heldUntil: Timestamp?
    /// What its last attempt failed of.
    package let failure: String?
    /// When it was delivered or became a dead letter.
    package let settledAt: Timestamp?

    /// What was read.
    package init(
        summary: EventSummary, dates: EventDates, heldUntil: Timestamp?, failure: String?, settledAt: Timestamp?
    ) {
        self.summary = summary
        self.dates = dates
        self.heldUntil = heldUntil
        self.failure = failure
        self.settledAt = settledAt
    }
}

/// What stands at the head of a stream.
package enum StoredHead: Sendable {
    /// This event.
    case event(StoredHeadEvent)
    /// Nothing waits.
    case empty
    /// Something waits, but a hold keeps it back.
    case held
    /// Not looked at: the heads before it filled the memory that was granted.
    case postponed
    /// Another process has taken the stream.
    case elsewhere
}

/// The event at the head of a stream.
package struct StoredHeadEvent: Sendable {
    /// Its body.
    package let body: StoredBody
    /// Its dates.
    package let dates: EventDates
    /// Attempts so far.
    package let attempts: Int
    /// Its installation, not judged yet; why it does not read, if it does not.
    package let known: Result<KnownInstallation, StoreError>

    /// What was read.
    package init(
        body: StoredBody, dates: EventDates, attempts: Int, known: Result<KnownInstallation, StoreError>
    ) {
        self.body = body
        self.dates = dates
        self.attempts = attempts
        self.known = known
    }
}
