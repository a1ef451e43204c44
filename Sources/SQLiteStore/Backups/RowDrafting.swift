import GRDB
package import Installations
package import Store

/// Makes a backup out of the rows of another engine: a store like any other, of which one copy is made.
package struct RowDrafting: BackupDrafting {
    private let path: String
    private let minFreeBytes: Int?

    /// Drafts that lie beside where the database would be, in a directory that only this process uses.
    ///
    /// - Parameter minFreeBytes: What is left free there; nil for the default.
    package init(besides path: String, minFreeBytes: Int? = nil) {
        self.path = path
        self.minFreeBytes = minFreeBytes
    }

    /// Removes what a crash has left.
    package func removeLeftovers() { DraftFile.removeLeftovers(besides: path) }

    package func draft(
        of source: any MoveSource, sealedBy keys: DeploymentKeys, with files: [BackupFile], program: String,
        at: Timestamp, isCancelled: () -> Bool
    ) throws(BackupError) -> any BackupDraft {
        let file = try DraftFile(besides: path)
        do throws(BackupError) {
            let (manifest, wrappedKey) = try SQLiteStore.inWords(file) {
                let copy = try DatabaseQueue(path: file.path)
                // After a crash nobody needs it.
                try copy.writeWithoutTransaction { db in
                    try db.execute(sql: "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF")
                }
                try SQLiteStore.migrator().migrate(copy)
                try copyRows(of: source, to: copy, at: file.path, isCancelled)
                let contents = try copy.writeWithoutTransaction { db in
                    (
                        try BackupContents.write(files, program: program, at: at, db),
                        try DeploymentRow.stored(db).sealedKey()
                    )
                }
                try copy.close()
                guard try SQLiteStore.isWhole(file.path) else { throw BackupError.damagedDraft }
                return contents
            }
            return try SQLiteBackupDraft(file, manifest, wrappedKey, under: keys.backups)
        } catch {
            file.discard()
            throw error
        }
    }

    private func copyRows(
        of source: any MoveSource, to copy: DatabaseQueue, at draft: String, _ isCancelled: () -> Bool
    ) throws {
        // Nobody knows beforehand how much it takes.
        let space = FreeSpace(reserve: minFreeBytes) {
            FileSystemRoom(at: draft).map { FreeSpace.Sample(free: $0.free, total: $0.total) }
        }
        try copy.write { db in try db.execute(sql: "DELETE FROM clock") }
        for table in MovedTable.all {
            let rows = MovedRows(table)
            var after: MoveKey?
            while true {
                if isCancelled() { throw BackupError.interrupted }
                if let spare = space.spare, spare < 0 {
                    // What it takes so far and a little more.
                    let taken = FileIdentity(of: draft)?.length ?? 0
                    throw BackupError.noRoom(needed: taken + MoveBounds.batch.bytes, spare: taken + spare)
                }
                let page = try source.page(of: table, after: after, within: .batch)
                guard page.count > 0 else { break }
                try copy.write { db in try rows.insert(page, db) }
                after = page.lastKey(in: table)
            }
        }
    }
}
