import Hummingbird
import Installations
import Sealing

/// How a step in a key's life ends: what destroys a key names the backup that still needs it.
extension RotationRoutes {
    func perform(
        _ step: StorageKeyStep, of id: StorageKeyID, _ asked: KeyStepJSON, _ actor: Actor
    ) async throws -> Response {
        let newest = step == .destroy ? try await services.backups.newest(needing: id) : nil
        let record: StorageKeyRecord
        do throws(StorageKeyError) {
            record = try await services.keyManager.advance(id, by: step, immediately: asked.now ?? false, actor: actor)
        } catch {
            guard case .refused(.tooEarly) = error, let newest else { throw error }
            throw OperatorError.conflict("\(error). \(Self.warning(newest))")
        }
        guard step == .destroy else { return JSONResponse.make(StorageKeyJSON(record)) }
        return JSONResponse.make(
            DestroyedKeyJSON(key: StorageKeyJSON(record), newestBackup: newest.map(NewestBackupJSON.init)))
    }

    private static func warning(_ backup: Backup) -> String {
        "The newest backup that needs the key is \(Backup.place(backup.path)), made \(backup.madeAt.rfc3339)"
    }
}
