package import Installations
package import Sealing

extension Store: BackupStore {
    package func draftBackup(
        with files: [BackupFile], program: String, at: Timestamp
    ) async throws(BackupError) -> any BackupDraft {
        try await engine.draftBackup(with: files, program: program, at: at)
    }

    package func record(_ backup: Backup) async throws(StoreError) {
        try await write { [tools] writes in try writes.apply([.keepBackup(backup)], by: tools) }
    }

    package func newestBackup(needing key: StorageKeyID) async throws(StoreError) -> Backup? {
        try await read { reads in try reads.newestBackup(needing: key) }
    }

    /// Notes in a store that was just restored where it came from. The audit chain goes on from the backup's head.
    package func recordRestore(
        of backup: Backup, _ manifest: BackupManifest, actor: Actor, at: Timestamp
    ) async throws(StoreError) {
        let entry = AuditEntry(
            at: at, actor: actor.text, action: AuditAction.restore.rawValue, subject: backup.path,
            outcome: "restored", detail: "made \(manifest.madeAt.rfc3339), head \(manifest.auditNumber)")
        // The backup did not know of itself, and it still needs its keys.
        try await write { [tools] writes in
            // Those that were ended since the backup must not live again.
            let sessions = try writes.sessions(.newest).map(\.session.id)
            try writes.apply([.keepBackup(backup), .endSessions(sessions), .record(entry)], by: tools)
        }
    }
}
