package import Installations

/// What other processes have decided.
extension Store {
    /// A page of the newest records of the audit log behind one, in their order: what other processes have decided since.
    package func records(after number: RecordNumber, limit: Int) async throws(StoreError) -> [AuditRecord] {
        try await read { reads in
            var records: [AuditRecord] = []
            try reads.auditRecords(after: number) { record, _ in
                // One that does not read says nothing; `audit verify` tells of it.
                if let record { records.append(record) }
                return records.count < limit
            }
            return records
        }
    }

    /// The end of the audit log.
    package func auditHead() async throws(StoreError) -> RecordNumber {
        try await read { reads in try reads.auditHead(behind: 0)?.number ?? 0 }
    }
}
