package import Installations

/// All that is read, in one snapshot.
package protocol StoreReads: InstallationReads, EventReads, KeyReads, SealedReads, AuditReads, AuthorityReads,
    CheckReads
{}

/// All that is written, and what is read to decide it, in one transaction. What it reads stands until its end.
package protocol StoreWrites: StoreReads, InstallationLoads, EventLoads, EventWrites, SealedWrites {
    /// Writes what was decided, in this order, and its audit records behind the newest.
    ///
    /// - Parameter chained: Numbers and chains the records, given the end of the log. Asked last, so that its lock is short.
    func apply(_ changes: [Change], _ chained: (AuditHead?) throws(StoreError) -> ChainedRecords) throws
}
