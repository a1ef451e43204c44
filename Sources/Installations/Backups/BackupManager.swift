package import Sealing

/// The use case of making a backup: what goes into it, that one is made at a time, and what the audit log says of it.
///
/// The caller writes it where the caller can see it; nothing here knows whether that was done before the caller says so.
package struct BackupManager: Sendable {
    private let store: any BackupStore
    private let files: @Sendable () throws(BackupError) -> [BackupFile]
    private let program: String
    private let now: Now
    private let turn = BackupTurn()

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

    /// Makes a backup for a caller who will write it to `name`, an absolute path or `-`.
    package func make(as name: String, actor: Actor) async throws(BackupError) -> OutgoingBackup {
        guard Self.isName(name) else { throw .badName }
        do throws(BackupError) {
            let place = try turn.acquire(for: name, at: now())
            let draft = try await store.draftBackup(with: try files(), program: program, at: now())
            return OutgoingBackup(draft, as: name, actor: actor, audit: store, now: now, turn, place)
        } catch {
            // A store that takes no writes cannot note the refusal either; the reason itself is what counts.
            try? await store.append(
                AuditEntry(
                    at: now(), actor: actor.text, action: AuditAction.backUp.rawValue, subject: name,
                    outcome: "refused: \(error)"))
            throw error
        }
    }

    /// Puts a backup on record that was sent whole, once its caller has it where it is to stay.
    package func keep(_ id: String) async throws(BackupError) -> (backup: Backup, manifest: BackupManifest) {
        guard let sent = turn.removeSent(id) else { throw .notSent }
        do throws(StoreError) {
            if let problem = sent.problem { throw problem }
            try await store.record(sent.backup)
        } catch {
            throw .notRecorded(name: sent.backup.path, error)
        }
        return (sent.backup, sent.manifest)
    }

    private static func isName(_ name: String) -> Bool {
        if name == Backup.standardOutput { return true }
        return name.hasPrefix("/") && !name.hasSuffix("/") && name.utf8.count <= 4096 && !name.utf8.contains(0)
    }
}
