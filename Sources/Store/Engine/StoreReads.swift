/// All that is read, in one snapshot.
package protocol StoreReads: InstallationReads, EventReads, StreamReads, KeyReads, SealedReads, AuditReads,
    AuthorityReads,
    CheckReads, InstanceReads, HistoryReads
{}

/// All that is written, and what is read to decide it, in one transaction. What it reads stands until its end.
package protocol StoreWrites: StoreReads, InstallationLoads, EventLoads, EventWrites, SealedWrites {
    /// Writes what was decided: its rows, and behind the newest record its own with the rows that they decide.
    func apply(_ changes: ChangeSet) throws
}
