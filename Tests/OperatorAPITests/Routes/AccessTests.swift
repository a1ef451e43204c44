import HTTPTypes
import Installations
import SQLiteStore
import Sealing
import Store
import TestSupport
import Testing

@testable import OperatorAPI

@Suite struct AccessTests {
    /// Every route and the scope it needs (contract.md section 3).
    private static let routes: [(String, String, Scope)] = [
        ("GET", "/api/v1/installations", .read), ("GET", "/api/v1/installations/test-addon/ws1/inst1", .read),
        ("POST", "/api/v1/installations/test-addon/ws1/inst1/token", .tokens),
        ("POST", "/api/v1/installations/test-addon/ws1/inst1/forget", .admin), ("GET", "/api/v1/events", .read),
        ("GET", "/api/v1/events/evt_0000000000001", .read), ("GET", "/api/v1/events/evt_0000000000001/body", .admin),
        ("GET", "/api/v1/keys", .read), ("POST", "/api/v1/keys", .admin), ("POST", "/api/v1/keys/rewrap", .admin),
        ("POST", "/api/v1/keys/rotate", .admin),
        ("POST", "/api/v1/keys/verify", .admin), ("POST", "/api/v1/keys/0123456789abcdef/retire", .admin),
        ("GET", "/api/v1/webhooks/authenticate", .events), ("POST", "/api/v1/webhooks/authenticate", .events),
        ("GET", "/api/v1/addons", .read), ("GET", "/api/v1/audit", .admin),
        ("GET", "/api/v1/audit/verify", .admin), ("GET", "/api/v1/doctor", .admin), ("GET", "/api/v1/api-keys", .admin),
        ("POST", "/api/v1/api-keys", .admin), ("DELETE", "/api/v1/api-keys/00000000", .admin),
    ]

    @Test func `without a key every route is 401, without its scope 403`() async throws {
        let harness = try await Harness()
        var bearers: [Scope: [String: String]] = [:]
        for scope in Scope.allCases {
            bearers[scope] = ["authorization": try await harness.bearer(scope)[.authorization] ?? ""]
        }
        let keys = bearers.compactMapValues { $0["authorization"] }
        try await harness.serving { (client) async throws in
            for (method, uri, scope) in Self.routes {
                guard let method = HTTPRequest.Method(method) else { continue }
                #expect(try await client.ask(method, uri).status == 401, "\(uri)")
                for (held, key) in keys {
                    let status = try await client.ask(method, uri, [.authorization: key]).status
                    let isAllowed = held == scope || held == .admin
                    #expect((status == 403) == !isAllowed, "\(uri) with \(held)")
                    // There a 401 also says that a webhook is not genuine.
                    if uri.hasSuffix("authenticate"), isAllowed { continue }
                    #expect(status != 401, "\(uri) with \(held)")
                }
            }
        }
    }

    @Test func `a wrong, revoked or doubled key is 401`() async throws {
        let harness = try await Harness()
        let (key, secret) = try await harness.deployment.test.store.createAPIKey(
            name: "x", scopes: [.admin], actor: .system, at: harness.deployment.clock.now)
        let text = secret.expose("test") { String(decoding: $0, as: UTF8.self) }
        try await harness.serving { (client) async throws in
            #expect(try await client.ask(.get, "/api/v1/keys", [.authorization: "Bearer \(text)"]).status == 200)
            #expect(try await client.ask(.get, "/api/v1/keys", [.authorization: "Bearer \(text)0"]).status == 401)
            #expect(try await client.ask(.get, "/api/v1/keys", [.authorization: "Basic \(text)"]).status == 401)
            var double = HTTPFields()
            double.append(HTTPField(name: .authorization, value: "Bearer \(text)"))
            double.append(HTTPField(name: .authorization, value: "Bearer \(text)"))
            #expect(try await client.ask(.get, "/api/v1/keys", double).status == 401)
            let revoked = try await client.ask(
                .delete, "/api/v1/api-keys/\(key.id)", [.authorization: "Bearer \(text)"])
            #expect(revoked.status == 204)
            #expect(try await client.ask(.get, "/api/v1/keys", [.authorization: "Bearer \(text)"]).status == 401)
        }
    }

    @Test func `health, readiness and metrics need no key`() async throws {
        try await Harness().serving { (client) async throws in
            #expect(try await client.ask(.get, "/healthz").body == "ok")
            #expect(try await client.ask(.get, "/readyz").body == "ready")
            #expect(try await client.ask(.get, "/metrics").body == "metric 1\n")
            let revoked: HTTPFields = [.authorization: "Bearer ik_00000000_" + String(repeating: "0", count: 64)]
            for uri in ["/healthz", "/readyz", "/metrics", "/api/openapi.json"] {
                #expect(try await client.ask(.get, uri, revoked).status == 200)
            }
        }
    }

    @Test func `whoever can open the socket needs no key and is named by user id`() async throws {
        let harness = try await Harness()
        let id = try harness.deployment.platform.id()
        _ = try await harness.deployment.install(id)
        try await harness.serving(.local(userID: 4711)) { (client) async throws in
            let answer = try await client.ask(
                .post, "/api/v1/installations/test-addon/ws1/inst1/token", body: #"{"reason":"why"}"#)
            #expect(answer.status == 200)
        }
        let audit = try await harness.deployment.test.store.auditRecords(
            since: nil, of: id, page: PageRequest(limit: 1))
        #expect(audit.items.first?.entry.actor == "local:4711")
        #expect(audit.items.first?.entry.detail == "why")
    }

    @Test func `an error says nothing about the inside and has the contract's form`() async throws {
        let harness = try await Harness()
        let bearer = try await harness.bearer(.admin)
        try await harness.serving { (client) async throws in
            let unknown = try await client.ask(.get, "/api/v1/nothing", bearer)
            #expect(unknown.status == 404)
            #expect(unknown.body == #"{"error":{"code":"not_found","message":"there is no such route"}}"#)
            for uri in [
                "/api/v1/installations?limit=0", "/api/v1/installations?limit=501", "/api/v1/installations?cursor=x",
                "/api/v1/installations?status=NEW", "/api/v1/events?state=gone", "/api/v1/audit?since=yesterday",
            ] {
                let answer = try await client.ask(.get, uri, bearer)
                #expect(answer.status == 400, "\(uri)")
                #expect(answer.body.hasPrefix(#"{"error":{"code":"bad_request""#))
            }
            #expect(try await client.ask(.post, "/api/v1/api-keys", bearer, body: "{").status == 400)
            let large = try await client.ask(
                .post, "/api/v1/api-keys", bearer, body: String(repeating: " ", count: 70_000))
            #expect(large.status == 413)
            #expect(large.body == #"{"error":{"code":"too_large","message":"the body is too large"}}"#)
        }
    }

    @Test func `a wrong method says which are right, in the contract's form`() async throws {
        let harness = try await Harness()
        try await harness.serving { (client) async throws in
            for (method, uri, allow) in [
                (HTTPRequest.Method.delete, "/api/v1/installations", "GET"), (.put, "/api/v1/keys", "GET, POST"),
                (.get, "/api/v1/installations/a/b/c/token", "POST"), (.post, "/metrics", "GET"),
                (.head, "/healthz", "GET"),
            ] {
                let answer = try await client.ask(method, uri)
                #expect(answer.status == 405, "\(uri)")
                #expect(answer.headers[.allow] == allow)
                if method != .head { #expect(answer.body.hasPrefix(#"{"error":{"code":"method_not_allowed","#)) }
            }
        }
    }

    @Test func `every answer has an id of ours and is kept nowhere`() async throws {
        let harness = try await Harness()
        let bearer = try await harness.bearer(.read)
        let name = try #require(HTTPField.Name("x-request-id"))
        try await harness.serving { (client) async throws in
            var ids: Set<String> = []
            for (uri, fields) in [
                ("/healthz", [:]), ("/api/v1/keys", bearer), ("/api/v1/keys", [:]), ("/api/v1/audit", bearer),
                ("/nowhere", [:]), ("/api/v1/installations?limit=x", bearer),
            ] {
                var fields = fields
                fields[name] = "mine"
                let answer = try await client.ask(.get, uri, fields)
                ids.insert(try #require(answer.headers[name]))
                #expect(answer.headers[.cacheControl] == "no-store")
            }
            #expect(ids.count == 6 && !ids.contains("mine"))
        }
    }
}
