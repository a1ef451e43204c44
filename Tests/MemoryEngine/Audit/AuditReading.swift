import Installations
import Store

extension MemorySnapshot: AuditReads {
    func auditRecords(
        since: Timestamp?, of installation: InstallationID?, page: PageRequest
    ) -> Page<AuditRecord> {
        count()
        let found = rows.audit.reversed().lazy
            .filter { record in page.cursor.map { record.number.value < $0.position } ?? true }
            .filter { record in since.map { record.entry.at >= $0 } ?? true }
            .filter { record in installation.map { record.entry.installation == $0 } ?? true }
            .prefix(page.limit + 1)
        return Page(surplus: Array(found), limit: page.limit, position: \.number.value)
    }

    /// Each record is found by its subject: there is no index to be emptied.
    func auditRecords(after number: RecordNumber, visit: (AuditRecord?, _ isIndexed: Bool) throws -> Bool) throws {
        count()
        for record in rows.audit where record.number > number {
            guard try visit(record, true) else { return }
        }
    }

    func auditHead(behind count: Int64) -> AuditHead? {
        self.count()
        guard let newest = rows.audit.last?.number else { return nil }
        return rows.audit.last { $0.number.value <= newest.value - count }.map {
            AuditHead(number: $0.number, hash: $0.hash)
        }
    }
}

extension MemoryRows {
    /// The number of the newest record that decides about a subject; 0 when there is none.
    func latest(about subject: AuthoritySubject) -> RecordNumber {
        audit.last { $0.entry.decides == subject.text }?.number ?? 0
    }
}
