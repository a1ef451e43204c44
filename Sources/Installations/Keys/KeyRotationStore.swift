package import Sealing

/// What persistence must promise for the change of storage keys while everything else goes on.
///
/// No instant shows a stored value that names a key which is not durable: a key's file is written before its row, and its
/// row is committed before its first use.
package protocol KeyRotationStore: StorageKeyStore {
    /// Records a key whose file is durable already, as `prepared`.
    func addStorageKey(_ key: StorageKey, actor: Actor, at: Timestamp) async throws(StoreError)

    /// Takes one step in a key's life in one transaction, audited. A key that is there already is left as it is.
    func take(
        _ step: StorageKeyStep, of id: StorageKeyID, immediately: Bool, actor: Actor, at: Timestamp
    ) async throws(StoreError) -> Result<StorageKeyRecord, StorageKeyRefusal>

    /// Wraps anew, under the primary key, up to `limit` installation keys that are wrapped under `old`, in the order of
    /// their numbers from `after` on. Compare-and-swap per row: whoever changed a row meanwhile wins.
    ///
    /// - Throws: `.unknownStorageKey` before anything is written, when a key file is missing.
    func rewrap(
        from old: StorageKeyID, after: Int64, limit: Int, at: Timestamp
    ) async throws(StoreError) -> RewrapBatch

    /// Wraps the deployment key anew under the primary key; false when it is there already.
    func rewrapDeployment(at: Timestamp) async throws(StoreError) -> Bool

    /// Opens every sealed value of up to `limit` installations from `after` on. Changes nothing but the list of damaged
    /// values.
    func verify(after: Int64, limit: Int, at: Timestamp) async throws(StoreError) -> VerifyBatch
}

/// A sealed value that does not open, by its place; never its content.
package struct DamagedValue: Hashable, Sendable {
    /// The table it lies in.
    package let table: String
    /// The row's number: an installation's, or an event's.
    package let number: Int64
    /// Where in the row: a secret's name or a webhook path; empty when there is only one.
    package let place: String
    /// Whose it is; nil for the deployment's own.
    package let installation: InstallationID?
    /// Why it does not open.
    package let reason: Reason

    /// Why a sealed value does not open. `moved` cannot be told from `altered`: both fail the same check.
    package enum Reason: String, Sendable {
        /// Not a sealed value at all.
        case malformed
        /// Altered, or moved from another place.
        case altered
        /// It names a key that is not loaded.
        case unknownKey = "unknown key"
    }

    /// A finding.
    package init(table: String, number: Int64, place: String = "", installation: InstallationID?, reason: Reason) {
        self.table = table
        self.number = number
        self.place = place
        self.installation = installation
        self.reason = reason
    }
}

/// What one batch of a rewrap did.
package struct RewrapBatch: Sendable {
    /// Rows swapped.
    package var rewrapped = 0
    /// Rows that somebody changed meanwhile; they are under the primary key already or come again.
    package var overtaken = 0
    /// Rows that do not open; left as they are.
    package var damaged: [DamagedValue] = []
    /// The last row looked at; nil when there was none.
    package var last: Int64?

    /// A batch in which nothing happened yet.
    package init() {}
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
    package var last: Int64?

    /// A batch in which nothing was looked at yet.
    package init() {}
}
