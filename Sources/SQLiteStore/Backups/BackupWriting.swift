import Dispatch
import GRDB
package import Installations
package import Sealing

extension SQLiteStore: BackupStore {
    package func backUp(
        to path: String, with files: [BackupFile], program: String, actor: Actor, at: Timestamp
    ) async throws(BackupError) -> (backup: Backup, manifest: BackupManifest) {
        let (backup, manifest) = try await offThreads { [pool, keys] () throws(BackupError) in
            let draft = try BackupDraft(for: path)
            do throws(BackupError) {
                let (manifest, wrappedKey) = try Self.copy(pool, into: draft, files, program, at)
                let bytes = try draft.seal(wrappedKey, under: keys.backups)
                try draft.publish()
                return (Backup(madeAt: at, path: path, bytes: bytes, keys: manifest.keys), manifest)
            } catch {
                draft.discard()
                throw error
            }
        }
        // The copy's long reading kept the log from being emptied; what was erased meanwhile is still in it.
        eraser.request()
        do throws(StoreError) {
            try await write { [chain] db in
                try BackupRows.record(backup, db)
                let entry = AuditEntry(
                    at: at, actor: actor.text, action: AuditAction.backUp.rawValue, subject: path, outcome: "written",
                    detail: "\(backup.bytes) bytes, head \(manifest.auditNumber)")
                try AuditRows.append(entry, db, chain)
            }
        } catch {
            throw .notRecorded(path: path, error)
        }
        return (backup, manifest)
    }

    package func newestBackup(needing key: StorageKeyID) async throws(StoreError) -> Backup? {
        try await read { db in try BackupRows.newest(needing: key, db) }
    }

    /// Copies the store into the draft and checks the copy. One read transaction: the snapshot is consistent, writers go
    /// on, and the copy never begins anew because somebody wrote.
    private static func copy(
        _ pool: DatabasePool, into draft: BackupDraft, _ files: [BackupFile], _ program: String, _ at: Timestamp
    ) throws(BackupError) -> (BackupManifest, SealedValue) {
        do {
            let copy = try DatabaseQueue(path: draft.path)
            let (manifest, wrappedKey) = try copy.writeWithoutTransaction { db in
                // The draft is synced as a whole before it gets its name; until then a crash leaves nothing to keep.
                try db.execute(sql: "PRAGMA synchronous = OFF")
                try pool.read { source in try source.backup(to: db) }
                // The copy says WAL, as its source: one file, with nothing beside it, is what travels.
                try db.execute(sql: "PRAGMA journal_mode = DELETE")
                // The copy's own: the store's may be wrapped anew by the time the seal is made.
                return (
                    try BackupContents.write(files, program: program, at: at, db), try DeploymentKeys.wrapped(db)
                )
            }
            try copy.close()
            guard try isWhole(draft) else { throw BackupError.damagedCopy(path: draft.final) }
            return (manifest, wrappedKey)
        } catch let error as BackupError {
            throw error
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
            throw .file(path: draft.final, problem: "no space left")
        } catch let error as DatabaseError {
            throw .file(path: draft.final, problem: "the copy failed (\(error.code))")
        } catch {
            throw .file(path: draft.final, problem: "the copy failed (\(type(of: error)))")
        }
    }

    /// Whether the copy opens afresh, passes SQLite's check and says what it is.
    private static func isWhole(_ draft: BackupDraft) throws -> Bool {
        var configuration = Configuration()
        configuration.readonly = true
        let copy = try DatabaseQueue(path: draft.path, configuration: configuration)
        defer { try? copy.close() }  // Read-only: nothing is lost when it does not close.
        return try copy.read { db in
            try String.fetchOne(db, sql: "PRAGMA quick_check(1)") == "ok"
                && BackupContents.manifest(db)?.format == BackupContents.format
        }
    }

    /// Runs what blocks for long on a thread of its own: the cooperative ones are as few as the cores, and webhooks
    /// need them.
    private func offThreads<T: Sendable>(
        _ body: @escaping @Sendable () throws(BackupError) -> T
    ) async throws(BackupError) -> T {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<T, BackupError>, Never>) in
            DispatchQueue.global(qos: .utility).async {
                continuation.resume(returning: Result { () throws(BackupError) in try body() })
            }
        }
        return try result.get()
    }
}
