package import Sealing

/// What persistence must promise for the change of storage keys while everything else goes on.
///
/// No instant shows a stored value that names a key which is not durable: a key's file is written before its row, and its
/// row is committed before its first use.
package protocol KeyRotationStore: StorageKeyStore, AuditStore {
    /// Records a key whose file is durable already, as `prepared`.
    func addStorageKey(_ key: StorageKey, actor: Actor, at: Timestamp) async throws(StoreError)

    /// Takes one step in a key's life in one transaction, audited. A key that is there already is left as it is.
    func advance(
        _ id: StorageKeyID, by step: StorageKeyStep, immediately: Bool, actor: Actor, at: Timestamp
    ) async throws(StoreError) -> Result<StorageKeyRecord, StorageKeyRefusal>

    /// Begins long work on keys that one process at a time does; returns who does it already, if anybody.
    func beginKeyWork(_ holder: KeyWorkHolder) async throws(StoreError) -> KeyWorkHolder?

    /// Looks before each step of it whether it is still this process's to do; returns who does it now, if another.
    func keepKeyWork(_ holder: KeyWorkHolder) async throws(StoreError) -> KeyWorkHolder?

    /// Ends it.
    func endKeyWork() async

    /// The rotation that was begun last; nil when there never was one.
    func latestRotation() async throws(StoreError) -> RotationRecord?

    /// Records that a rotation begins, audited.
    func beginRotation(_ plan: RotationPlan, actor: Actor, at: Timestamp) async throws(StoreError) -> RotationRecord

    /// Records that a rotation ended, audited.
    func finishRotation(_ rotation: RotationRecord, actor: Actor, at: Timestamp) async throws(StoreError)

    /// Wraps anew, under the primary key, up to `limit` installation keys that are wrapped under `old`, in the order of
    /// their numbers within `range`. Compare-and-swap per row: whoever changed a row meanwhile wins.
    ///
    /// - Throws: `.unknownStorageKey` before anything is written, when a key file is missing.
    func rewrap(
        from old: StorageKeyID, in range: NumberRange, limit: Int, at: Timestamp
    ) async throws(StoreError) -> RewrapBatch

    /// As `rewrap`, with a fresh installation key for each and its tokens and settings sealed anew under it. Events that
    /// wait are `reseal`'s to do.
    func reencrypt(
        from old: StorageKeyID, in range: NumberRange, limit: Int, at: Timestamp
    ) async throws(StoreError) -> RewrapBatch

    /// Seals some events anew that wait under a key which `reencrypt` replaced, and drops that key after the last event
    /// of an installation. Works on the first such installation within `range`; nil when there is none.
    func reseal(in range: NumberRange, at: Timestamp) async throws(StoreError) -> ResealBatch?

    /// Wraps the deployment key anew under the primary key; false when it is there already.
    func rewrapDeployment(at: Timestamp) async throws(StoreError) -> Bool

    /// Tries what is sealed for up to `limit` installations within `range`. Changes nothing but the list of damaged
    /// values.
    func verify(
        _ depth: VerifyDepth, in range: NumberRange, limit: Int, at: Timestamp
    ) async throws(StoreError) -> VerifyBatch

    /// Rows that decide something and are not authentic. Walks over every installation; changes nothing.
    func forgedRows() async throws(StoreError) -> ForgedRows

    /// The largest number of an installation; 0 when there is none.
    func lastInstallationNumber() async throws(StoreError) -> InstallationNumber

    /// Empties the log of replaced values that a copy of the file would still hold.
    func truncateLog() async
}

/// Installations above one number, up to and including another.
package struct NumberRange: Sendable {
    /// The largest number that is not in the range.
    package var after: InstallationNumber
    /// The largest number in it.
    package var through: InstallationNumber

    /// A range; by default every installation.
    package init(after: InstallationNumber = 0, through: InstallationNumber = .end) {
        self.after = after
        self.through = through
    }
}

/// What one batch of a rewrap or a re-encryption did.
package struct RewrapBatch: Sendable {
    /// Rows swapped.
    package var rewrapped = 0
    /// Rows that somebody changed meanwhile; they are under the primary key already or come again.
    package var overtaken = 0
    /// Rows that do not open; left as they are.
    package var damaged: [DamagedValue] = []
    /// The last row looked at; nil when there was none.
    package var last: InstallationNumber?

    /// A batch in which nothing happened yet.
    package init() {}
}

/// What one batch of resealing did.
package struct ResealBatch: Sendable {
    /// Events sealed anew.
    package var resealed = 0
    /// Values that do not open; left as they are.
    package var damaged: [DamagedValue] = []
    /// Where the next batch begins: in front of the same installation while it has more events.
    package let next: InstallationNumber

    /// A batch in which nothing happened yet.
    package init(next: InstallationNumber) { self.next = next }
}

/// How much of each installation a verification tries.
package enum VerifyDepth: Sendable {
    /// Its keys: all that a rewrap changes, and what must open before the storage key that went before may go.
    case keys
    /// Every sealed value.
    case values
}

/// What one batch of a verification found.
package struct VerifyBatch: Sendable {
    /// Installations looked at.
    package var installations = 0
    /// Sealed values that opened.
    package var opened: Int64 = 0
    /// Those that did not.
    package var damaged: [DamagedValue] = []
    /// The last installation looked at; nil when there was none.
    package var last: InstallationNumber?

    /// A batch in which nothing was looked at yet.
    package init() {}
}
