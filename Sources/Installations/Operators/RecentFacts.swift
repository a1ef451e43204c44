/// What may need an operator, read at once and quickly.
package struct RecentFacts: Sendable {
    /// When the oldest event that is not settled arrived; nil when none waits.
    package var oldestWaiting: Timestamp?
    /// When the newest backup was made; nil without one.
    package var newestBackup: Timestamp?
    /// When the store was made; nil for one that does not say.
    package var begun: Timestamp?
    /// Whether the rotation that was begun last has no end, or none was ever begun as one.
    package var isRotationOpen = true
    /// Installations with at least three refused calls, the last of them a minute ago at most; at most twenty.
    package var mismatched: [MismatchedInstallation] = []
    /// The counts of the last hour, by the minute.
    package var lastHour: [HistoryCount] = []

    /// Nothing is known.
    package init() {}
}
