package import Sealing

/// The use case of making a backup: what goes into it, and what the audit log says of one that was refused.
package struct BackupManager: Sendable {
    private let store: any BackupStore
    private let files: @Sendable () throws(BackupError) -> [BackupFile]
    private let program: String
    private let now: Now

    /// A manager over a store.
    ///
    /// - Parameters:
    ///   - program: This program's version.
    ///   - files: Reads the deployment's configuration and manifests.
    package init(
        store: any BackupStore, program: String, now: @escaping Now,
        files: @escaping @Sendable () throws(BackupError) -> [BackupFile]
    ) {
        self.store = store
        self.files = files
        self.program = program
        self.now = now
    }

    /// The newest backup on record that needs this key; nil when none does.
    package func newest(needing key: StorageKeyID) async throws(StoreError) -> Backup? {
        try await store.newestBackup(needing: key)
    }

    /// Makes a backup at an absolute path, which must not exist.
    package func backUp(
        to path: String, actor: Actor
    ) async throws(BackupError) -> (backup: Backup, manifest: BackupManifest) {
        guard path.hasPrefix("/"), !path.hasSuffix("/"), path.utf8.count <= 4096, !path.utf8.contains(0) else {
            throw .badPath
        }
        do throws(BackupError) {
            return try await store.backUp(to: path, with: try files(), program: program, actor: actor, at: now())
        } catch {
            // A store that takes no writes cannot note the refusal either; the reason itself is what counts.
            try? await store.append(
                AuditEntry(
                    at: now(), actor: actor.text, action: AuditAction.backUp.rawValue, subject: path,
                    outcome: "refused: \(error)"))
            throw error
        }
    }
}
