import Hummingbird
import Installations
import Sealing

/// How a step in a key's life ends: refusals are audited as well, and the end of a key names what still needs it.
extension RotationRoutes {
    func perform(
        _ step: StorageKeyStep, of id: StorageKeyID, _ asked: KeyStepJSON, _ actor: Actor
    ) async throws -> Response {
        let newest = step == .destroy ? try await services.backups.newest(needing: id) : nil
        let record: StorageKeyRecord
        do throws(StorageKeyError) {
            record = try await services.keyManager.advance(id, by: step, immediately: asked.now ?? false, actor: actor)
        } catch {
            try await note(error, step, id, actor)
            guard case .refused(.tooEarly) = error, let newest else { throw error }
            throw OperatorError.conflict("\(error). \(Self.warning(newest))")
        }
        guard step == .destroy else { return JSONResponse.make(StorageKeyJSON(record)) }
        return JSONResponse.make(
            DestroyedKeyJSON(key: StorageKeyJSON(record), newestBackup: newest.map(NewestBackupJSON.init)))
    }

    /// The store is not asked to write down that it does not write.
    private func note(
        _ error: StorageKeyError, _ step: StorageKeyStep, _ id: StorageKeyID, _ actor: Actor
    ) async throws {
        if case .store(.unavailable) = error { return }
        try await services.audit.append(
            AuditEntry(
                at: services.now(), actor: actor.text, action: "storage-key.\(step.rawValue)", subject: id.description,
                outcome: "refused: \(error)"))
    }

    private static func warning(_ backup: Backup) -> String {
        "The newest backup that needs the key is \(Backup.place(backup.path)), made \(backup.madeAt.rfc3339)"
    }
}
