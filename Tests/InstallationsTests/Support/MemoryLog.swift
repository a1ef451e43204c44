import Installations
import Synchronization

/// An audit log in memory, which can be told to take nothing.
final class MemoryLog: AuditStore {
    private let appended = Mutex<[AuditEntry]>([])
    private let failure = Mutex<StoreError?>(nil)

    var entries: [AuditEntry] { appended.withLock { $0 } }

    /// From now on every record is refused with this, or taken again.
    func fail(_ error: StoreError?) { failure.withLock { $0 = error } }

    func append(_ entry: AuditEntry) async throws(StoreError) {
        if let error = failure.withLock({ $0 }) { throw error }
        appended.withLock { $0.append(entry) }
    }

    func auditRecords(
        since: Timestamp?, of installation: InstallationID?, page: PageRequest
    ) async throws(StoreError) -> Page<AuditRecord> { Page(items: [], next: nil) }
    func verifyAudit(against kept: AuditHead?) async throws(StoreError) -> AuditVerdict {
        .intact(records: 0, head: [])
    }
}
