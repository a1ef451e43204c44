package import Installations
package import Marketplace

/// Everything about one event but its body.
package struct EventDetail: Sendable {
    /// What lists show.
    package let summary: EventSummary
    /// When its stream goes on, while a retry or a lease of this event holds it back.
    package let nextAttemptAt: Timestamp?
    /// What the last attempt failed of, as `DeliveryFailure.text`.
    package let lastFailure: String?
    /// When it was delivered or became a dead letter.
    package let settledAt: Timestamp?
    /// When an operator replayed it last.
    package let replayedAt: Timestamp?
    /// When its patience began, as `WaitingEvent.waitsSince`.
    package let waitsSince: Timestamp

    /// An event as a store keeps it.
    package init(
        summary: EventSummary, nextAttemptAt: Timestamp?, lastFailure: String?, settledAt: Timestamp?,
        replayedAt: Timestamp?, waitsSince: Timestamp
    ) {
        self.summary = summary
        self.nextAttemptAt = nextAttemptAt
        self.lastFailure = lastFailure
        self.settledAt = settledAt
        self.replayedAt = replayedAt
        self.waitsSince = waitsSince
    }
}

/// What a replay did.
package enum ReplayAnswer: Hashable, Sendable {
    /// The event waits again, first in its stream's order.
    case replayed
    /// There is no such event.
    case unknown
    /// It was delivered and its body is gone.
    case delivered
    /// A worker holds it.
    case leased
    /// The stream was closed: the add-on's own code has been told of the uninstall, and nothing may follow it.
    case closed
    /// It held settings, and its installation ended too long ago for them to be kept.
    case erased
}

/// Which dead events are replayed.
package struct DeadFilter: Sendable {
    /// Only this add-on's.
    package var addonKey: AddonKey?
    /// Only those that died at or after this moment.
    package var since: Timestamp?

    /// A filter; by default every dead event.
    package init(addonKey: AddonKey? = nil, since: Timestamp? = nil) {
        self.addonKey = addonKey
        self.since = since
    }
}

/// What a batch of replays did.
package struct ReplayBatch: Sendable {
    /// Events that wait again.
    package var replayed = 0
    /// Events left dead because their stream was closed, or their settings were erased.
    package var closed = 0
    /// Where the next batch begins; nil at the end.
    package var last: EventID?

    /// Nothing yet.
    package init() {}
}

/// How long events are kept, in milliseconds.
package struct EventRetention: Sendable {
    /// `events.retentionDays`: a delivered event's row goes so long after it arrived, a dead one's, with its body, so
    /// long after it died; an event that nobody took dies so long after it arrived.
    package let length: Int64
    /// How long after the end of an installation the settings in its events go, whatever else is kept.
    package let settings: Int64 = 7 * 86_400_000

    /// So many days.
    package init(days: Int) {
        length = Int64(days) * 86_400_000
    }
}

/// What a step of clearing away did.
package struct SweepResult: Sendable {
    /// Events that nobody took in time.
    package var expired = 0
    /// Rows that are gone.
    package var removed = 0
    /// Keys of ended installations that are gone.
    package var destroyedKeys = 0
    /// Whether there is more to do at once.
    package var hasMore = false
    /// Whether nothing was done, because the clock may be wrong by weeks.
    package private(set) var isHeldBack = false

    /// Nothing was done for that reason.
    package static let heldBack: SweepResult = {
        var result = SweepResult()
        result.isHeldBack = true
        return result
    }()

    /// Nothing yet.
    package init() {}
}
