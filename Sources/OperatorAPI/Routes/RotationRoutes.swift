import Hummingbird
import Installations
import Marketplace
import Sealing

/// The life of storage keys. Long work comes in batches, one request each: whoever asks may stop after any of them, and
/// the next one goes on, because the rows are the progress.
struct RotationRoutes {
    let services: OperatorServices

    func add(to api: RouterGroup<OperatorContext>) {
        api.post("keys", use: addKey)
        api.post("keys/rewrap", use: rewrap)
        api.post("keys/verify", use: verify)
        api.post("keys/{id}/{step}", use: take)
    }

    @Sendable private func addKey(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        return JSONResponse.make(StorageKeyJSON(try await services.keyManager.add(actor: actor)), status: .created)
    }

    @Sendable private func take(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let parameters = Parameters(request: request, context: context)
        let text = try parameters.path("id")
        guard let step = StorageKeyStep(rawValue: try parameters.path("step")) else {
            throw OperatorError.notFound("there is no such route")
        }
        guard let id = StorageKeyID(text) else { throw OperatorError(StorageKeyError.refused(.unknown)) }
        let asked = try await request.json(KeyStepJSON.self, context)
        // A destroyed key cannot be made again, so its name must be said twice.
        guard step != .destroy || asked.confirm == text else {
            throw OperatorError.badRequest("confirm must repeat the id of the key to destroy")
        }
        let record = try await services.keyManager.take(
            step, of: id, immediately: asked.now ?? false, actor: actor)
        return JSONResponse.make(StorageKeyJSON(record))
    }

    @Sendable private func rewrap(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.admin)
        let asked = try await request.json(BatchRequestJSON.self, context)
        guard let from = asked.from.flatMap({ StorageKeyID($0) }) else {
            throw OperatorError.badRequest("from must be a storage key's id")
        }
        let batch = try await services.keyManager.rewrap(
            from: from, after: asked.after ?? 0, limit: try Self.limit(asked))
        return JSONResponse.make(
            RewrapBatchJSON(
                rewrapped: batch.rewrapped, overtaken: batch.overtaken, damaged: batch.damaged.map(DamagedJSON.init),
                last: batch.last))
    }

    @Sendable private func verify(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.admin)
        let asked = try await request.json(BatchRequestJSON.self, context)
        let batch = try await services.keyManager.verify(after: asked.after ?? 0, limit: try Self.limit(asked))
        return JSONResponse.make(
            VerifyBatchJSON(
                installations: batch.installations, opened: batch.opened, damaged: batch.damaged.map(DamagedJSON.init),
                last: batch.last))
    }

    private static func limit(_ asked: BatchRequestJSON) throws(OperatorError) -> Int {
        let limit = asked.limit ?? 100
        guard (1...1000).contains(limit) else { throw .badRequest("limit must be a number from 1 to 1000") }
        return limit
    }
}

extension StorageKeyJSON {
    init(_ key: StorageKeyRecord) {
        self.init(
            id: key.id.description, state: key.state.rawValue, createdAt: key.createdAt.rfc3339,
            promotedAt: key.promotedAt?.rfc3339, installations: key.installations)
    }
}

extension DamagedJSON {
    init(_ value: DamagedValue) {
        self.init(
            table: value.table, number: value.number, place: value.place.isEmpty ? nil : value.place,
            addonKey: value.installation?.addonKey.text, workspaceId: value.installation?.workspaceID.text,
            addonId: value.installation?.addonID.text, reason: value.reason.rawValue)
    }
}
