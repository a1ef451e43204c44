import HTTPTypes
import Hummingbird
import Installations
import Listening
import Marketplace
import NIOCore
import Webhooks

/// Tells a gateway in front, or another program, whether a webhook is genuine and whose it is. Nothing is stored.
///
/// Two forms: in JSON, with everything in the body; or in headers, for a gateway that can only pass headers on, where the
/// status is the answer. The signature is a secret: it is in no log, no metric and no answer, and the reason for a refusal
/// is in a metric only.
struct WebhookCheckRoutes {
    /// A body of 1 MiB as a JSON string, every second character of it escaped.
    static let maxBodyBytes = (2 << 20) + (64 << 10)

    let services: OperatorServices
    let metrics: OperatorMetrics
    let bodies: BodyBudget<Actor>

    func add(to api: RouterGroup<OperatorContext>) {
        let rule = RouteRule.needs(.events, readsBody: true)
        api.add(.get, "webhooks/authenticate", rule) { request, context, caller in
            try await paying(for: request, by: caller.actor) { try await checkHeaders(request, context, caller) }
        }
        api.add(.post, "webhooks/authenticate", rule, use: check)
    }

    @Sendable private func check(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let actor = caller.actor
        return try await paying(for: request, by: actor) {
            if request.headers[values: .signature].isEmpty { return try await checkJSON(request, context, caller) }
            return try await checkHeaders(request, context, caller)
        }
    }

    /// Does what needs a body, when there is memory for it. Of one without a length nobody knows how far it goes.
    private func paying(
        for request: Request, by actor: Actor, _ work: () async throws -> Response
    ) async throws -> Response {
        let isChunked = request.headers[.transferEncoding] != nil
        let length = request.headers[.contentLength].flatMap { Int($0) } ?? (isChunked ? Self.maxBodyBytes : 0)
        let charge: BodyCharge<Actor>
        do throws(BodyRefusal) {
            charge = try bodies.charge(min(max(length, 0), Self.maxBodyBytes), to: actor)
        } catch {
            throw OperatorError.busy
        }
        let response = try await work()
        return withExtendedLifetime(charge) { response }
    }

    private func checkJSON(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let asked = try await request.json(WebhookCheckJSON.self, context, upTo: Self.maxBodyBytes)
        let found = try await judge(
            asked.path, signature: asked.signature, event: asked.event, body: Array(asked.body.utf8), for: caller)
        guard let found else { return JSONResponse.make(WebhookVerdictJSON(genuine: false)) }
        return JSONResponse.make(
            WebhookVerdictJSON(
                genuine: true, addonKey: found.id.addonKey.text, workspaceId: found.id.workspaceID.text,
                addonId: found.id.addonID.text, status: found.status.rawValue, event: asked.event))
    }

    private func checkHeaders(
        _ request: Request, _ context: OperatorContext, _ caller: Principal
    ) async throws -> Response {
        let body = try await request.bytes(upTo: Self.maxBodyBytes)
        guard let signature = request.headers.only(.signature), let event = request.headers.only(.eventType),
            let target = Self.target(request.headers)
        else {
            metrics.webhookCheck("header_count")
            throw OperatorError.notGenuine
        }
        let found = try await judge(
            target, signature: signature, event: event,
            body: body.readableBytes == 0 ? nil : Array(body.readableBytesView), for: caller)
        guard let found else { throw OperatorError.notGenuine }
        var headers = HTTPFields()
        for (name, value) in [
            (HTTPField.Name.innkeeperEventType, event), (.innkeeperAddonKey, found.id.addonKey.text),
            (.innkeeperWorkspaceID, found.id.workspaceID.text), (.innkeeperAddonID, found.id.addonID.text),
            (.innkeeperStatus, found.status.rawValue),
        ] {
            if let name { headers[name] = value }
        }
        return Response(status: .noContent, headers: headers)
    }

    /// The live installation whose webhook it is; nil when it is not genuine.
    private func judge(
        _ target: String, signature: String, event: String, body: [UInt8]?, for caller: Principal
    ) async throws -> Installation? {
        guard case .webhook(let addon, let path, let events) = services.routes.route(target), caller.sees(addon) else {
            metrics.webhookCheck("unknown_path")
            return nil
        }
        let verdict = try await services.webhooks.check(
            WebhookRoute(addonKey: addon, path: path, events: events), signature: signature, event: event, body: body,
            in: services.installations)
        metrics.webhookCheck(verdict.label)
        guard case .genuine(let installation) = verdict else { return nil }
        return installation
    }

    /// Where the webhook was sent to. A gateway sets one of the two headers and may pass the other one on as a stranger
    /// wrote it: when they differ, none is believed.
    private static func target(_ headers: HTTPFields) -> String? {
        let values = headers[values: .originalURI] + headers[values: .forwardedURI]
        guard let first = values.first, values.allSatisfy({ $0 == first }) else { return nil }
        return first
    }
}

extension HTTPFields {
    /// The value of a field that is there exactly once.
    fileprivate func only(_ name: HTTPField.Name?) -> String? {
        let values = self[values: name]
        return values.count == 1 ? values.first : nil
    }

    fileprivate subscript(values name: HTTPField.Name?) -> [String] {
        name.map { self[values: $0] } ?? []
    }
}

extension HTTPField.Name {
    fileprivate static let signature = HTTPField.Name(KnownPlatform.clockify.signatureField.text)
    fileprivate static let eventType = HTTPField.Name(KnownPlatform.clockify.eventTypeField.text)
    fileprivate static let originalURI = HTTPField.Name("x-original-uri")
    fileprivate static let forwardedURI = HTTPField.Name("x-forwarded-uri")
    fileprivate static let innkeeperEventType = HTTPField.Name("innkeeper-event-type")
    fileprivate static let innkeeperAddonKey = HTTPField.Name("innkeeper-addon-key")
    fileprivate static let innkeeperWorkspaceID = HTTPField.Name("innkeeper-workspace-id")
    fileprivate static let innkeeperAddonID = HTTPField.Name("innkeeper-addon-id")
    fileprivate static let innkeeperStatus = HTTPField.Name("innkeeper-installation-status")
}
