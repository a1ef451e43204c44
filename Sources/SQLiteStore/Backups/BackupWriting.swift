import GRDB
package import Installations
import Sealing
import Store
import Synchronization

extension SQLiteStore {
    package func draftBackup(
        with files: [BackupFile], program: String, at: Timestamp
    ) async throws(BackupError) -> any BackupDraft {
        let isCancelled = Flag()
        let result = await withTaskCancellationHandler {
            await LongWork.offThreads(on: longWork.drafts) { [pool, space, keys] () throws(BackupError) in
                let file = try DraftFile(besides: pool.path)
                do throws(BackupError) {
                    let (manifest, wrappedKey) = try Self.copy(
                        pool, into: file, files, program, at, within: space, isCancelled)
                    return try SQLiteBackupDraft(file, manifest, wrappedKey, under: keys.backups)
                } catch {
                    file.discard()
                    throw error
                }
            }
        } onCancel: {
            isCancelled.set()
        }
        // The copy's long reading kept the log from being emptied; what was erased meanwhile is still in it.
        logTruncator.request()
        return try result.get()
    }

    /// Pages copied before it is asked whether anybody still waits for the copy: 4 MiB.
    private static let step: CInt = 1024

    /// Copies the store into the draft and checks the copy. One read transaction: the snapshot is consistent, writers go
    /// on, and the copy never begins anew because somebody wrote.
    private static func copy(
        _ pool: DatabasePool, into file: DraftFile, _ files: [BackupFile], _ program: String, _ at: Timestamp,
        within space: FreeSpace, _ isCancelled: Flag
    ) throws(BackupError) -> (BackupManifest, SealedValue) {
        try inWords(file) {
            let copy = try DatabaseQueue(path: file.path)
            let (manifest, wrappedKey) = try copy.writeWithoutTransaction { db in
                // After a crash nobody needs it.
                try db.execute(sql: "PRAGMA synchronous = OFF")
                try pool.read { source in
                    // Reads, and so takes the snapshot for all steps; between two of them others write.
                    let bytes = try size(source) + files.reduce(0) { $0 + $1.bytes.count }
                    let spare = space.spare ?? .max
                    guard bytes <= spare else { throw BackupError.noRoom(needed: bytes, spare: spare) }
                    try source.backup(to: db, pagesPerStep: step) { _ in try isCancelled.check() }
                }
                // What is thrown after the last step is passed over.
                try isCancelled.check()
                // The copy says WAL, as its source: one file, with nothing beside it, is what travels.
                try db.execute(sql: "PRAGMA journal_mode = DELETE")
                // The copy's own: the store's may be wrapped anew by the time the seal is made.
                return (
                    try BackupContents.write(files, program: program, at: at, db),
                    try DeploymentRow.stored(db).sealedKey()
                )
            }
            try copy.close()
            guard try isWhole(file.path) else { throw BackupError.damagedDraft }
            return (manifest, wrappedKey)
        }
    }

    /// Makes a draft, with what may go wrong in words.
    static func inWords<T>(_ file: DraftFile, _ make: () throws -> T) throws(BackupError) -> T {
        do {
            return try make()
        } catch let error as BackupError {
            throw error
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
            throw .noPlace(path: file.path, .full)
        } catch let error as DatabaseError {
            throw .draft(path: file.path, problem: "the copy failed (\(error.code))")
        } catch {
            throw .draft(path: file.path, problem: "the copy failed (\(type(of: error)))")
        }
    }

    private static func size(_ db: Database) throws -> Int {
        let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        // A row, as what PRAGMAs read is theirs to choose.
        _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM deployment")
        return pages * (try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0)
    }

    /// Whether the copy opens afresh, passes SQLite's check and says what it is.
    static func isWhole(_ path: String) throws -> Bool {
        var configuration = Configuration()
        configuration.readonly = true
        let copy = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? copy.close() }  // Read-only: nothing is lost when it does not close.
        return try copy.read { db in
            try String.fetchOne(db, sql: "PRAGMA quick_check(1)") == "ok"
                && BackupContents.manifest(db)?.format == BackupContents.format
        }
    }

    /// Set by one thread, seen by another.
    private final class Flag: Sendable {
        private let value = Atomic(false)

        func set() { value.store(true, ordering: .relaxed) }

        func check() throws(BackupError) { if value.load(ordering: .relaxed) { throw .interrupted } }
    }
}
