package import Installations
package import Sealing
package import Store
package import Webhooks

/// All rows. What a schema keeps by itself (one row of a name, rows that name others) is kept where they are written.
package struct MemoryRows: Sendable {
    /// Installations by their numbers, with all that lies sealed beside their rows.
    package var installations: [InstallationNumber: InstallationRow] = [:]
    /// Keys that a re-encryption replaced while events are still under them, by installation.
    package var outgoingKeys: [InstallationNumber: OutgoingKeyRow] = [:]
    /// Events.
    package var events: [EventID: EventRow] = [:]
    /// What holds streams back, by installation.
    package var holds: [InstallationNumber: HoldRow] = [:]
    /// Ended installations whose events may still hold settings.
    package var settingsToErase: [InstallationNumber: SettingsRow] = [:]
    /// Storage keys.
    package var storageKeys: [StorageKeyID: StorageKeyRow]
    /// Rotations by their numbers.
    package var rotations: [Int64: RotationRow] = [:]
    /// API keys.
    package var apiKeys: [String: APIKeyRow] = [:]
    /// Sessions at the console.
    package var sessions: [String: StoredSession] = [:]
    /// Attempts that are kept, by event.
    package var attempts: [EventID: [Attempt]] = [:]
    /// Refused calls.
    package var refusals: [InstallationNumber: RefusedCalls] = [:]
    /// Counts by span and its number.
    package var history: [HistorySpan: [Int64: [HistorySeries: Int64]]] = [:]
    /// Targets to which nothing is pushed.
    package var pauses: [TargetID: TargetPause] = [:]
    /// The deployment's own row.
    package var deployment: DeploymentRow
    /// The audit log, oldest first.
    package var audit: [AuditRecord]
    /// Backups on record, oldest first.
    package var backups: [Backup] = []
    /// Sealed values that did not open, and when that was found.
    package var damaged: [DamagedPlace: Timestamp] = [:]
    /// What is known of the clock.
    package var clock = ClockRow()
}

/// Where a sealed value lies that did not open.
package struct DamagedPlace: Hashable, Sendable {
    /// What it is, or lies in.
    package let item: StoredItem
    /// Where in the row.
    package let place: String
}

/// How the deployment as a whole is kept.
package struct DeploymentRow: Sendable {
    /// Its key, wrapped.
    package var wrapped: [UInt8]
    /// The storage key that it is wrapped under, as the row says.
    package var storageKey: String
    /// How far it has been brought up to date.
    package var form: StoreForm
    /// What vouches for that.
    package var proof: AuthorityProof?
}

extension Dictionary {
    /// Changes a row; one that is not there is not changed.
    mutating func update(_ key: Key, _ change: (inout Value) -> Void) {
        if let index = index(forKey: key) { change(&values[index]) }
    }
}
