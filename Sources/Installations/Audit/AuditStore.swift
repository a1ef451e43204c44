/// What persistence must promise for the audit log: appended in the transaction of what it records, never changed.
package protocol AuditStore: Sendable {
    /// Appends one entry that has no other transaction to stand in.
    func append(_ entry: AuditEntry) async throws(StoreError)

    /// A page of records, newest first, optionally only those since a moment or of one installation.
    func auditRecords(
        since: Timestamp?, of installation: InstallationID?, page: PageRequest
    ) async throws(StoreError) -> Page<AuditRecord>

    /// Walks the whole chain in order, in constant memory.
    func verifyAudit() async throws(StoreError) -> AuditVerdict
}

/// What a walk over the audit chain found.
package enum AuditVerdict: Sendable {
    /// Every record follows its predecessor.
    case intact(records: Int64, head: [UInt8])
    /// The first record that does not, by its place in the chain.
    case broken(at: Int64)
}
