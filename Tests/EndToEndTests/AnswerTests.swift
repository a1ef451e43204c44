import Marketplace
import TestSupport
import Testing

/// What the platform, and whoever pretends to be it, gets to see (contract.md section 2).
@Suite(.timeLimit(.minutes(5)))
struct AnswerTests {
    @Test func `every status to a POST has an empty body and no field that says more`() async throws {
        try await Deployment.with { deployment in
            let (platform, tenant) = (deployment.platform, Tenant("ws1"))
            let server = try await deployment.serve(environment: ["INNKEEPER_INBOX_MAX_EVENTS": "4"])
            _ = try await server.send(try platform.install(tenant))
            let deleted = Tenant("ws2")
            _ = try await server.send(try platform.uninstall(deleted))
            let filling = try await server.statuses(Array(repeating: try platform.webhook(tenant), count: 5))
            #expect(filling.contains(204))
            let steps: [(Int, Request)] = [
                (204, try platform.settings(tenant)),
                (503, try platform.webhook(tenant)),
                (400, try platform.webhook(tenant).with(body: "not JSON")),
                (400, try platform.settings(tenant).with(body: "[]")),
                (400, try platform.settings(tenant).with(body: #"{"settings":[]}"#)),
                (
                    400,
                    try platform.status(tenant, "ACTIVE").with(body: #"{"workspaceId":"ws1","addonId":7,"status":"A"}"#)
                ),
                (400, try platform.install(tenant).with(body: #"{"workspaceId":"ws1","addonId":"inst-ws1"}"#)),
                (401, try platform.webhook(tenant).with("Clockify-Signature", nil)),
                (404, try platform.webhook(tenant).to("/webhooks/none")),
                (404, Request.get("/")),
                (405, try platform.webhook(tenant).to("/manifest")),
                (409, try platform.install(deleted)),
                (413, try platform.webhook(tenant).with("Content-Length", "1048577").with(body: "")),
                (431, try platform.webhook(tenant).with("X-Long", String(repeating: "x", count: 33 << 10))),
            ]
            let known: Set = ["content-length", "connection", "allow", "retry-after"]
            for (status, request) in steps {
                let answer = try await server.send(request)
                #expect(answer.status == status)
                #expect(answer.body == [] && answer.length == 0, "\(status) has a body")
                #expect(known.isSuperset(of: answer.fields.keys), "\(status) has \(answer.fields.keys)")
                #expect((answer.fields["retry-after"] != nil) == (status == 503))
                #expect((answer.fields["allow"] != nil) == (status == 405))
            }
        }
    }

    @Test func `a full inbox is 503, and the same events fill it before and after a restart`() async throws {
        try await Deployment.with { deployment in
            let (platform, tenant) = (deployment.platform, Tenant("ws1"))
            let limit = ["INNKEEPER_INBOX_MAX_EVENTS": "2"]
            var server = try await deployment.serve(environment: limit)
            let webhook = try platform.webhook(tenant)
            // The install is an event that waits, as the webhook is.
            let statuses = try await server.statuses([try platform.install(tenant), webhook, webhook])
            #expect(statuses == [204, 204, 503])
            #expect(await server.stop() == 0)
            server = try await deployment.serve(environment: limit)
            #expect(try await server.statuses([webhook]) == [503])
        }
    }

    @Test func `all failures of authentication are answered with the same bytes`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            let platform = deployment.platform
            let (tenant, ended) = (Tenant("ws1"), Tenant("ws2"))
            for request in [
                try platform.install(tenant), try platform.install(ended), try platform.uninstall(ended),
            ] {
                #expect(try await server.send(request).status == 204)
            }
            var answers: [[UInt8]: [String]] = [:]
            for (kind, request) in try webhookFailures(platform, tenant, ended) + lifecycleFailures(platform, tenant) {
                answers[try await server.send(request).bytes, default: []].append(kind)
            }
            #expect(answers.count == 1, "\(answers.values)")
            let bytes = try #require(answers.keys.first)
            #expect(String(decoding: bytes, as: UTF8.self).hasPrefix("HTTP/1.1 401 "))
            #expect(bytes.suffix(4) == Array("\r\n\r\n".utf8), "no body")
        }
    }

    private func webhookFailures(
        _ platform: Platform, _ tenant: Tenant, _ ended: Tenant
    ) throws -> [(String, Request)] {
        let (signature, event) = ("Clockify-Signature", "Clockify-Webhook-Event-Type")
        let good = try platform.webhook(tenant)
        let token = try platform.webhookToken(tenant, "/webhooks/time")
        let stranger = try TestPlatform.stranger()
        var kinds: [(String, Request)] = [
            ("no signature", good.with(signature, nil)), ("no event", good.with(event, nil)),
            ("two signatures", good.adding(signature, token)), ("two events", good.adding(event, "NEW_TIME_ENTRY")),
            ("listed signatures", good.with(signature, "\(token), \(token)")),
            ("undeclared event", good.with(event, "NEW_PROJECT")), ("strange event", good.with(event, "no event")),
            ("other body", try platform.webhook(tenant, body: Array(#"{"workspaceId":"ws2"}"#.utf8))),
            ("unknown workspace", try platform.webhook(Tenant("nobody"))),
            ("unknown installation", try platform.webhook(Tenant("ws1", "nobody"))),
            ("ended installation", try platform.webhook(ended)),
        ]
        let unsigned = token.split(separator: ".").prefix(2).joined(separator: ".")
        let none = Base64URL.encode(Array(#"{"alg":"none"}"#.utf8)) + "." + token.split(separator: ".")[1] + "."
        let changed = String(token.dropLast(2)) + (token.hasSuffix("AA") ? "BA" : "AA")
        let tokens: [(String, String)] = [
            ("opaque", "0123456789abcdef"), ("empty", ""), ("unsigned", unsigned + "."), ("padded", token + "="),
            ("cut off", String(token.dropLast())), ("no algorithm", none), ("changed", changed),
            ("stranger's", try platform.token(tenant, [("salt", .string("1/webhooks/time"))], by: stranger)),
            ("never issued", try platform.token(tenant, [("salt", .string("other"))])),
            ("other path's", try platform.webhookToken(tenant, "/webhooks/project")),
            ("other issuer's", try platform.token(tenant, [("iss", .string("other"))])),
            ("other add-on's", try platform.token(tenant, [("sub", .string("other-addon"))])),
            ("installation token", try platform.installationToken(tenant)),
            ("lifecycle token", try platform.lifecycleToken(tenant)),
            ("too long", String(repeating: "a", count: 9 << 10)),
        ]
        for (kind, token) in tokens { kinds.append((kind, good.with(signature, token))) }
        return kinds.map { ("webhook: " + $0.0, $0.1) }
    }

    private func lifecycleFailures(_ platform: Platform, _ tenant: Tenant) throws -> [(String, Request)] {
        let name = "X-Addon-Lifecycle-Token"
        let good = try platform.uninstall(tenant)
        var kinds: [(String, Request)] = [
            ("none", good.with(name, nil)), ("two", good.adding(name, try platform.lifecycleToken(tenant))),
            ("other workspace in body", good.with(body: #"{"workspaceId":"ws2","addonId":"inst-ws1"}"#)),
            ("other installation in body", good.with(body: #"{"workspaceId":"ws1","addonId":"inst-ws2"}"#)),
            ("stranger's inner token", try foreignInstall(platform, Tenant("ws3"), of: Tenant("ws1"))),
        ]
        let tokens: [(String, String)] = [
            ("opaque", "0123456789abcdef"), ("webhook token", try platform.webhookToken(tenant, "/webhooks/time")),
            ("installation token", try platform.installationToken(tenant)),
            ("expired", try platform.token(tenant, [("exp", .number("1700000000"))])),
            ("not yet valid", try platform.lifecycleToken(tenant, [("nbf", .number("4900000000"))])),
            ("other type", try platform.lifecycleToken(tenant, [("type", .string("user"))])),
            ("other workspace's", try platform.lifecycleToken(Tenant("ws2"))),
            ("member's role", try platform.lifecycleToken(tenant, [("workspaceRole", .string("OWNER"))])),
            ("member's language", try platform.lifecycleToken(tenant, [("language", .string("EN"))])),
            ("member's theme", try platform.lifecycleToken(tenant, [("theme", .string("DARK"))])),
            ("bad ids", try platform.lifecycleToken(Tenant("w s", "../1"))),
        ]
        for (kind, token) in tokens { kinds.append((kind, good.with(name, token))) }
        return kinds.map { ("lifecycle: " + $0.0, $0.1) }
    }

    /// INSTALLED of one tenant with the tokens of another inside.
    private func foreignInstall(_ platform: Platform, _ tenant: Tenant, of other: Tenant) throws -> Request {
        let foreign = String(decoding: try platform.install(other).body, as: UTF8.self)
        let body = foreign.replacing(
            #""workspaceId":"\#(other.workspace)""#, with: #""workspaceId":"\#(tenant.workspace)""#
        )
        .replacing(#""addonId":"\#(other.addon)""#, with: #""addonId":"\#(tenant.addon)""#)
        return try platform.install(tenant).with(body: body)
    }
}
