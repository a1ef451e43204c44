package import Installations
package import Sealing

/// Reads of storage keys, rotations, API keys and the clock by which they age.
package protocol KeyReads {
    /// What the store knows of the clock.
    func clock() throws -> ClockFacts

    /// These storage keys, or every one, oldest first.
    func storageKeys(_ ids: [StorageKeyID]?) throws -> [StoredStorageKey]

    /// The row of the primary key; nil when there is none.
    func primaryKey() throws -> PrimaryKey?

    /// What still needs a storage key: installations, keys that a re-encryption replaced, and the deployment key.
    func dependents(on id: StorageKeyID) throws -> Int64

    /// Keys that are wrapped under a storage key though their rows say another, of installations, of those that a re-encryption
    /// replaced and of the deployment: somebody changed the column by which they are found. Walks over all rows.
    func hidden(under id: StorageKeyID) throws -> Int64

    /// The rotation that was begun last; nil when there never was one.
    func latestRotation() throws -> StoredRotation?

    /// Sessions at the console.
    func sessions(_ selection: SessionSelection) throws -> [StoredSession]

    /// These API keys, or the oldest `PageRequest.maximum`, oldest first.
    func apiKeys(_ ids: [String]?) throws -> [StoredAPIKey]
}

/// The row of a rotation, not judged yet.
package struct StoredRotation: Sendable {
    /// What it says; nil when it does not read as a rotation.
    package let record: RotationRecord?
    /// Its number.
    package let number: Int64
    /// What vouches for it.
    package let vouched: Vouched

    /// What was read.
    package init(record: RotationRecord?, number: Int64, vouched: Vouched) {
        self.record = record
        self.number = number
        self.vouched = vouched
    }

    /// The rotation, if what it says is authentic.
    func judged(by authority: Authority) throws(StoreError) -> RotationRecord {
        guard let record else { throw .corruptRow(.rotation(number)) }
        guard authority.isGenuine(record.claim, vouched) else { throw .forgedRow(.rotation(number)) }
        return record
    }

    /// The same; nil when it is not authentic or does not read. Then another may begin and takes its place: an end that somebody set a year ahead
    /// would otherwise keep every other from beginning.
    func ifGenuine(by authority: Authority) -> RotationRecord? {
        do {
            return try judged(by: authority)
        } catch {
            return nil
        }
    }
}
