import Foundation
package import Installations
import SQLiteStore
import Store

extension TestStore {
    /// Makes a backup, writes it to a new file as a caller does, and puts it on record.
    package func backUp(
        to path: String, with files: [BackupFile] = [], at: Timestamp = TestClock().now
    ) async throws -> (backup: Backup, manifest: BackupManifest) {
        let draft = try await store.draftBackup(with: files, program: "test", at: at)
        var bytes = Data()
        while bytes.count < draft.bytes { bytes += try await draft.read(100_000, from: Int64(bytes.count)) }
        try bytes.write(to: URL(filePath: path), options: .withoutOverwriting)
        let manifest = draft.manifest
        let backup = Backup(madeAt: manifest.madeAt, path: path, bytes: draft.bytes, keys: manifest.keys)
        try await store.record(backup)
        return (backup, manifest)
    }
}
