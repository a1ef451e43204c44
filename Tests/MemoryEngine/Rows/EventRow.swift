package import Installations
import Store
package import Webhooks

/// An event of the inbox.
package struct EventRow: Sendable {
    /// Its id.
    package var id: EventID
    /// The number of its installation.
    package var installation: InstallationNumber
    /// What it tells.
    package var type: String
    /// Where it stands.
    package var state = EventState.pending
    /// When it arrived.
    package var receivedAt: Timestamp
    /// Attempts so far.
    package var attempts = 0
    /// When it was delivered or became a dead letter.
    package var settledAt: Timestamp?
    /// When it was replayed last.
    package var replayedAt: Timestamp?
    /// What its last attempt failed of.
    package var failure: String?
    /// Its sealed body; nil when that is gone.
    package var body: [UInt8]?
    /// The last step of the clock before it was replayed or became a dead letter; 0 when there was none.
    package var step: Int64 = 0

    /// Whether it is still to be delivered.
    package var waits: Bool { state == .pending || state == .leased }

    /// Its dates.
    var dates: EventDates { EventDates(id: id, receivedAt: receivedAt, replayedAt: replayedAt, step: step) }
}

/// What holds a stream back: a retry or a lease.
package struct HoldRow: Sendable {
    /// The event that is retried or leased.
    package var event: EventID
    /// Its end.
    package var until: Timestamp
    /// How long it was to last.
    package var length: Int64
    /// Which lease it is; nil for a retry.
    package var lease: String?
}

/// An ended installation whose events may still hold settings.
package struct SettingsRow: Sendable {
    /// When it ended.
    package var endedAt: Timestamp
    /// Events up to this one hold none any more.
    package var through = EventID(number: 0)
}
