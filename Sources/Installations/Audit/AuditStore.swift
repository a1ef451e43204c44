/// What persistence must promise for the audit log: appended in the transaction of what it records, never changed.
package protocol AuditStore: Sendable {
    /// Appends one entry that has no other transaction to stand in.
    func append(_ entry: AuditEntry) async throws(StoreError)

    /// A page of records, newest first, optionally only those since a moment or of one installation.
    func auditRecords(
        since: Timestamp?, of installation: InstallationID?, page: PageRequest
    ) async throws(StoreError) -> Page<AuditRecord>

    /// Walks the whole chain in order, in constant memory, compares it with a head that was kept elsewhere, and asks whether
    /// every row that decides something says what the log made it say.
    func verifyAudit(against kept: AuditHead?) async throws(StoreError) -> AuditVerdict
}

/// The end of the audit chain at some moment: all that is needed later to tell that nothing before it was cut off.
package struct AuditHead: Hashable, Sendable {
    /// The record's number.
    package let number: RecordNumber
    /// The chain's hash up to and including it.
    package let hash: [UInt8]

    /// A head.
    package init(number: RecordNumber, hash: [UInt8]) {
        self.number = number
        self.hash = hash
    }
}

/// What a walk over the audit chain found.
package enum AuditVerdict: Sendable {
    /// Every record follows its predecessor, and the kept head, if one was given, is among them.
    case intact(records: Int64, head: [UInt8])
    /// The first record that does not follow, by its place in the chain.
    case broken(at: RecordNumber)
    /// The chain holds, but ends before the kept head: records were cut off.
    case truncated(records: Int64)
    /// The chain holds, but has another record in the kept head's place: its end was cut off and written anew.
    case rewritten(at: RecordNumber)
    /// The chain holds, but rows say what no record made them say.
    case forged(records: Int64, rows: ForgedRows)
}
