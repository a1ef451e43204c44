import Hummingbird
import Installations
import Sealing

/// Backups. The server writes the file itself: it alone may open the store.
struct BackupRoutes {
    let services: OperatorServices

    func add(to api: RouterGroup<OperatorContext>) {
        api.add(.post, "backup", .socketOnly(readsBody: true), use: backUp)
    }

    /// A client of the listener, even an administrator, must not be able to make this machine write files.
    @Sendable private func backUp(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let asked = try await request.json(BackupRequestJSON.self, context)
        let (backup, manifest) = try await services.backups.backUp(to: asked.path, actor: caller.actor)
        return JSONResponse.make(
            BackupJSON(
                path: backup.path, bytes: backup.bytes, madeAt: backup.madeAt.rfc3339,
                keys: backup.keys.map(\.description), installations: manifest.installations),
            status: .created)
    }
}

extension NewestBackupJSON {
    init(_ backup: Backup) {
        self.init(path: backup.path, madeAt: backup.madeAt.rfc3339)
    }
}
