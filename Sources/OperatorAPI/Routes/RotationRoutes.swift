import Hummingbird
import Installations
import Marketplace
import Sealing

/// The life of storage keys, and the long work that a change of keys needs.
struct RotationRoutes {
    let services: OperatorServices

    func add(to api: RouterGroup<OperatorContext>) {
        api.add(.post, "keys", .needs(.admin, about: .deployment), use: addKey)
        api.add(.post, "keys/rotate", .needs(.admin, about: .deployment, readsBody: true), use: rotate)
        api.add(.post, "keys/rewrap", .needs(.admin, about: .deployment, readsBody: true), use: rewrap)
        api.add(.post, "keys/verify", .needs(.admin, about: .deployment, readsBody: true), use: verify)
        api.add(.post, "keys/{id}/{step}", .needs(.admin, about: .deployment, readsBody: true), use: advance)
    }

    @Sendable private func addKey(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let actor = caller.actor
        return JSONResponse.make(StorageKeyJSON(try await services.keyManager.add(actor: actor)), status: .created)
    }

    @Sendable private func advance(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let actor = caller.actor
        let parameters = Parameters(request: request, context: context)
        let text = try parameters.path("id")
        guard let step = StorageKeyStep(rawValue: try parameters.path("step")) else {
            throw OperatorError.notFound("there is no such route")
        }
        if step == .destroy { try caller.requireSocket() }
        guard let id = StorageKeyID(text) else { throw OperatorError(StorageKeyError.refused(.unknown)) }
        let asked = try await request.json(
            KeyStepJSON.self, context, knowing: step == .destroy ? [.confirm, .now] : [])
        // A destroyed key cannot be made again, so its name must be said twice.
        guard step != .destroy || asked.confirm == text else {
            throw OperatorError.badRequest("confirm must repeat the id of the key to destroy")
        }
        return try await perform(step, of: id, asked, actor)
    }

    // MARK: Long work

    @Sendable private func rotate(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let (asked, worker) = try await Self.work(
            request, context, caller, knowing: [.rate, .reencrypt, .dryRun, .processId])
        let (manager, reencrypt) = (services.keyManager, asked.reencrypt ?? false)
        if asked.dryRun ?? false {
            return WorkStream.response { _ in
                RotationReportJSON(try await manager.planRotation(reencrypt: reencrypt, by: worker))
            }
        }
        return WorkStream.response { report in
            RotationReportJSON(try await manager.rotate(reencrypt: reencrypt, by: worker, report: report))
        }
    }

    @Sendable private func rewrap(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let (_, worker) = try await Self.work(request, context, caller, knowing: [.rate, .processId])
        let manager = services.keyManager
        return WorkStream.response { report in
            let done = try await manager.rewrapAll(by: worker, report: report)
            return RewrapReportJSON(rewrapped: done.rewrapped, skipped: done.skipped, corrupt: done.corrupt)
        }
    }

    @Sendable private func verify(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let (asked, worker) = try await Self.work(request, context, caller, knowing: [.rate, .sample, .processId])
        let manager = services.keyManager
        return WorkStream.response { report in
            let found = try await manager.verify(sample: asked.sample, by: worker, report: report)
            return VerifyReportJSON(
                installations: found.installations, opened: found.opened, damaged: found.damaged.map(DamagedJSON.init),
                more: found.more)
        }
    }

    private static func work(
        _ request: Request, _ context: OperatorContext, _ caller: Principal, knowing members: [KeyWorkJSON.CodingKeys]
    ) async throws -> (asked: KeyWorkJSON, worker: KeyWorker) {
        let asked = try await request.json(KeyWorkJSON.self, context, knowing: members)
        let rate = asked.rate ?? 0
        guard (0...1_000_000).contains(rate) else {
            throw OperatorError.badRequest("rate must be a number from 0 to 1000000")
        }
        if let sample = asked.sample, !(1...1_000_000).contains(sample) {
            throw OperatorError.badRequest("sample must be a number from 1 to 1000000")
        }
        return (asked, KeyWorker(actor: caller.actor, processID: asked.processId, rate: rate))
    }
}

extension StorageKeyJSON {
    init(_ key: StorageKeyRecord) {
        self.init(
            id: key.id.description, state: key.state.rawValue, createdAt: key.createdAt.rfc3339,
            promotedAt: key.promotedAt?.rfc3339, installations: key.installations)
    }
}

extension RotationReportJSON {
    init(_ report: RotationReport) {
        self.init(
            from: report.from.description, to: report.to?.description ?? "", installations: report.installations,
            rewrapped: report.rewrapped, alreadyCurrent: report.alreadyCurrent, skipped: report.skipped,
            corrupt: report.corrupt, verified: report.verified, elapsedMs: report.milliseconds,
            standing: report.standing.rawValue, reencrypt: report.reencrypt)
    }
}

extension DamagedJSON {
    init(_ value: DamagedValue) {
        self.init(
            table: value.item.kind, number: value.item.number, place: value.place.isEmpty ? nil : value.place,
            addonKey: value.installation?.addonKey.text, workspaceId: value.installation?.workspaceID.text,
            addonId: value.installation?.addonID.text, reason: value.reason.rawValue)
    }
}
