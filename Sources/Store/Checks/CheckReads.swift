package import Installations
package import Sealing

/// Reads for `doctor` and the gauges. Each is bounded, or counts in an index.
package protocol CheckReads {
    /// The times that the store has seen last.
    func newestTimes() throws -> SeenTimes

    /// When the first record was written to the audit log; nil while it is empty.
    func firstRecord() throws -> Timestamp?

    /// The newest backup on record, or the newest that needs a key; nil when there is none.
    func newestBackup(needing key: StorageKeyID?) throws -> Backup?

    /// Dead letters by the add-ons that they are for, the most first.
    func deadLetters() throws -> [(addonKey: String, count: Int)]

    /// Pending events that failed and hold their streams back, by add-on and failure, with `limit` holds looked at: those that
    /// wait since before `since`, or since after `now` by a clock that was ahead. And whether these were all holds.
    func failing(since: Timestamp, now: Timestamp, among limit: Int) throws -> (failing: [FailingEvents], isAll: Bool)

    /// Installations by status.
    func installationCounts() throws -> [InstallationStatus: Int64]

    /// When the oldest event that is not settled arrived; nil when none waits.
    func oldestWaiting() throws -> EventDates?

    /// Events given up on.
    func deadCount() throws -> Int64
}

/// The times that a store has seen last.
package struct SeenTimes: Sendable {
    /// The newest event: ids only grow, so that an event which comes after the clock was put right does not hide that those
    /// before it came too late.
    package let event: EventID?
    /// The newest record of the audit log.
    package let recorded: Timestamp?
    /// The latest moment in which a hold began.
    package let held: Timestamp?

    /// What was read.
    package init(event: EventID?, recorded: Timestamp?, held: Timestamp?) {
        self.event = event
        self.recorded = recorded
        self.held = held
    }
}

/// Events of one add-on that failed of one thing.
package struct FailingEvents: Sendable {
    /// Whose code they are for.
    package let addonKey: String
    /// As `DeliveryFailure.text`.
    package let failure: String
    /// How many.
    package let count: Int
    /// When the oldest arrived or was replayed.
    package let since: Timestamp

    /// What was read.
    package init(addonKey: String, failure: String, count: Int, since: Timestamp) {
        self.addonKey = addonKey
        self.failure = failure
        self.count = count
        self.since = since
    }
}
