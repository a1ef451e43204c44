import HTTPTypes
import Hummingbird
import Installations
import NIOCore
import Sealing
import ServiceLifecycle

/// Backups. The server makes a copy, as it alone may open the store, and sends it; the caller writes it, and says so when it is
/// where it is to stay. A server sees other files than its callers do: in a container, or with a `/tmp` of its own.
struct BackupRoutes {
    let services: OperatorServices

    func add(to api: RouterGroup<OperatorContext>) {
        api.add(.post, "backup", .socketOnly(readsBody: true), use: send)
        api.add(.post, "backup/{id}/keep", .socketOnly(), use: keep)
    }

    /// A client of the listener, even an administrator, must not be able to make this machine copy its store.
    ///
    /// The length is told before: an answer that ends early is no backup. So is one that somebody lets lie unread, as the
    /// connection is closed then (`OperatorLimits.partTime`).
    @Sendable private func send(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let asked = try await request.json(BackupRequestJSON.self, context)
        let backup = try await cancelWhenGracefulShutdown {
            try await services.backups.make(as: asked.name, actor: caller.actor)
        }
        await context.giveTimeForEachPart()
        // What is noted in the middle of the answer may take as long as any write of this request.
        let ticket = WriteTicket.current
        var response = Response(
            status: .ok, headers: [.contentType: "application/octet-stream"],
            body: ResponseBody(contentLength: Int(backup.bytes)) { writer in
                try await withGracefulShutdownHandler {
                    try await WriteTicket.$current.withValue(ticket) {
                        try await backup.send { try await writer.write(ByteBuffer(bytes: $0)) }
                    }
                    try await writer.finish(nil)
                } onGracefulShutdown: {
                    context.cut()
                }
            })
        if let name = HTTPField.Name(BackupFields.id) { response.headers[name] = backup.id }
        return response
    }

    @Sendable private func keep(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let id = try Parameters(request: request, context: context).path("id")
        let (backup, manifest) = try await services.backups.keep(id)
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
