package import Installations

/// Reads of the audit log.
package protocol AuditReads {
    /// A page of records, newest first, optionally only those since a moment or of one installation.
    func auditRecords(
        since: Timestamp?, of installation: InstallationID?, page: PageRequest
    ) throws -> Page<AuditRecord>

    /// Visits the records behind one, in their order and in constant memory, until `visit` returns false.
    ///
    /// - Parameter visit: Gets nil for a row that does not even read as a record, and whether what finds the newest record about
    ///   a subject knows the record; true for one that decides nothing.
    func auditRecords(after number: RecordNumber, visit: (AuditRecord?, _ isIndexed: Bool) throws -> Bool) throws

    /// The end of the log without its newest `count` records; nil when there are no others.
    func auditHead(behind count: Int64) throws -> AuditHead?
}
