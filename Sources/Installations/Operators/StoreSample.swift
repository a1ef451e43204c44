/// How much is in the store, for the gauges. Taken in one snapshot.
package struct StoreSample: Sendable {
    /// Installations by status; a status without any may be missing.
    package var installations: [InstallationStatus: Int64] = [:]
    /// Every storage key with its census.
    package var storageKeys: [StorageKeyRecord] = []
    /// When the oldest event that is not settled arrived; nil when none waits.
    package var oldestWaiting: Timestamp?
    /// Events given up on.
    package var deadEvents: Int64 = 0
    /// Sealed values known not to open.
    package var damagedValues: Int64 = 0
    /// Sizes of the store's files by what they are, a closed list.
    package var bytes: [String: Int64] = [:]

    /// Bytes that are free on the store's file system; nil when that cannot be told.
    package var freeBytes: Int64?

    /// An empty sample.
    package init() {}
}

/// What persistence must promise for the gauges.
package protocol SampledStore: Sendable {
    /// Counts what is there. The counts walk indexes, which takes a fraction of a second for a million installations:
    /// whoever asks keeps the answer for a while.
    func sample() async throws(StoreError) -> StoreSample
}
