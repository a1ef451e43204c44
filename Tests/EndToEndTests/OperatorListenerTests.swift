import Foundation
import OperatorAPI
import Testing

/// The operator listener over real HTTP (contract.md section 3).
@Suite(.timeLimit(.minutes(5)))
struct OperatorListenerTests {
    @Test func `without a key only health and metrics are open`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            let health = try await server.ask("/healthz")
            #expect((health.status, health.text) == (200, "ok"))
            let ready = try await server.ask("/readyz")
            #expect((ready.status, ready.text) == (200, "ready"))
            let metrics = try await server.ask("/metrics")
            #expect(metrics.status == 200 && metrics.fields["content-type"]?.hasPrefix("text/plain") == true)
            for target in [
                "/api/v1/installations", "/api/v1/installations/a/b/c", "/api/v1/events", "/api/v1/keys",
                "/api/v1/audit", "/api/v1/api-keys", "/api/v1/addons",
            ] {
                let wrong = "ik_00000000_" + String(repeating: "0", count: 64)
                for key in [nil, "", "nonsense", wrong, deployment.key + "0", String(deployment.key.dropLast())] {
                    let answer = try await server.ask(target, key: key)
                    #expect(answer.status == 401, "\(target) with \(key ?? "no key")")
                    let error = try JSONDecoder().decode(ErrorJSON.self, from: Data(answer.body)).error
                    #expect(error.code == "unauthorized" && !error.message.isEmpty)
                }
            }
        }
    }

    @Test func `what HTTP does not oblige it to take is refused, and what it does is taken`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            func answer(_ head: String...) async throws -> (answer: Answer, rest: [UInt8]) {
                let connection = try await Connection.open(port: server.operators)
                try await connection.send(head.joined(separator: "\r\n") + "\r\n\r\n")
                return (try await connection.answer(), try await connection.rest())
            }
            for line in ["GET /healthz RTSP/1.0", "SOURCE /x ICE/1.0", "GET /healthz HTTP/1.2"] {
                #expect(try await answer(line, "Host: a").answer.status == 400, "\(line)")
            }
            for host in ["foo/bar", "a:65536"] {
                #expect(try await answer("GET /healthz HTTP/1.1", "Host: \(host)").answer.status == 400, "\(host)")
            }
            #expect(try await answer("GET /healthz HTTP/1.1", "Host: a", "Host: a").answer.status == 400)
            let blanks = String(repeating: " ", count: 40_000)
            #expect(try await answer("GET /healthz HTTP/1.1", "Host: a", "X:\(blanks)x").answer.status == 431)
            for close in ["close\t", "a, Close ,b"] {
                let (answer, rest) = try await answer("GET /healthz HTTP/1.1", "Host: a ", "Connection: \(close)")
                #expect(answer.status == 200 && answer.fields["connection"] == "close" && rest == [])
            }
            #expect(try await answer("GET /healthz HTTP/1.1").answer.status == 400, "no Host")
            #expect(try await answer("GET /healthz HTTP/1.0").answer.status == 200, "and it is the last")
            let chunked = try await Connection.open(port: server.operators)
            let fields = ["Host: a", "Authorization: Bearer \(deployment.key)", "Transfer-Encoding: chunked\t"]
            try await chunked.send((["POST /api/v1/events/lease HTTP/1.1"] + fields).joined(separator: "\r\n"))
            try await chunked.send("\r\n\r\n2;")
            try await chunked.send(String(repeating: "x", count: 20_000))
            #expect(try await chunked.answer().status == 413)
        }
    }

    @Test func `a worker that ends its side while it waits takes no event with it`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            let asked = #"{"addonKey":"test-addon","max":1,"leaseSeconds":3600,"waitSeconds":30}"#
            let gone = try await Connection.open(port: server.operators)
            let request = Request(target: "/api/v1/events/lease").with(body: asked)
                .adding("Authorization", "Bearer \(deployment.key)")
            try await gone.send(request.bytes)
            gone.finishSending()
            let start = ContinuousClock.now
            let nothing = try JSONDecoder().decode(LeaseJSON.self, from: Data(try await gone.answer().body))
            #expect(nothing.events.isEmpty && ContinuousClock.now - start < .seconds(25))
            _ = try await server.send(try deployment.platform.install(Tenant("ws1")))
            let next = try await server.ask("POST", "/api/v1/events/lease", key: deployment.key, body: asked)
            #expect(try JSONDecoder().decode(LeaseJSON.self, from: Data(next.body)).events.count == 1)
        }
    }

    @Test func `the key that init prints may do everything`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            for target in ["installations", "events", "keys", "audit", "api-keys", "addons"] {
                #expect(try await server.ask("/api/v1/" + target, key: deployment.key).status == 200, "\(target)")
            }
            let missing = try await server.ask("/api/v1/no-such-thing", key: deployment.key)
            #expect(missing.status == 404)
            #expect(try JSONDecoder().decode(ErrorJSON.self, from: Data(missing.body)).error.code == "not_found")
        }
    }

    @Test func `a revoked key stops at once`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            let made = try await key(["read"], deployment)
            #expect(try await server.ask("/api/v1/installations", key: made.secret).status == 200)
            #expect(try await deployment.run("api-keys", "revoke", made.id).status == 0)
            #expect(try await server.ask("/api/v1/installations", key: made.secret).status == 401)
            #expect(try await server.ask("/api/v1/installations", key: deployment.key).status == 200)
        }
    }

    @Test func `a key opens what its scopes say and nothing else`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            _ = try await server.send(try deployment.platform.install(Tenant("ws1")))
            let token = "/api/v1/installations/test-addon/ws1/inst-ws1/token"
            let read = try await key(["read"], deployment)
            let tokens = try await key(["tokens"], deployment)
            let both = try await key(["read", "tokens"], deployment)
            for (key, list, token, audit) in [(read, 200, 403, 403), (tokens, 403, 200, 403), (both, 200, 200, 403)] {
                #expect(try await server.ask("/api/v1/installations", key: key.secret).status == list)
                #expect(try await server.ask("/api/v1/events", key: key.secret).status == list)
                #expect(try await server.ask("/api/v1/keys", key: key.secret).status == list)
                #expect(try await server.ask("/api/v1/audit", key: key.secret).status == audit)
                let answer = try await server.ask("POST", tokenTarget, key: key.secret, body: "{}")
                #expect(answer.status == token)
            }
            let refused = try await server.ask("POST", token, key: read.secret, body: "{}")
            #expect(try JSONDecoder().decode(ErrorJSON.self, from: Data(refused.body)).error.code == "forbidden")
        }
    }

    @Test func `a key that is bound to an add-on sees that one, until it ends`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            _ = try await server.send(try deployment.platform.install(Tenant("ws1")))
            func bound(to addon: String) async throws -> CreatedAPIKeyJSON {
                try await deployment.json(
                    "api-keys", "create", "--name", "bound", "--scope", "read", "--addon", addon, "--expires", "90d")
            }
            let (own, other) = (try await bound(to: "test-addon"), try await bound(to: "other-addon"))
            #expect(own.addons == ["test-addon"] && own.expiresAt != nil)
            for (key, count) in [(own, 1), (other, 0)] {
                let page: InstallationPageJSON = try await server.ask("/api/v1/installations", key: key.secret)
                #expect(page.installations.count == count)
                #expect(try await server.ask("/api/v1/keys", key: key.secret).status == 403)
            }
            let listed: [APIKeyJSON] = try await deployment.json("api-keys", "list")
            #expect(listed.filter { $0.lastUsedFrom == "127.0.0.1" }.map(\.id).sorted() == [own.id, other.id].sorted())
            let admin = try await deployment.run(
                "api-keys", "create", "--name", "x", "--scope", "admin", "--addon", "test-addon")
            #expect(admin.status == 2)
        }
    }

    @Test func `a token reading gives the token, is audited, and needs an active installation`() async throws {
        try await Deployment.with { deployment in
            let (platform, tenant) = (deployment.platform, Tenant("ws1"))
            let server = try await deployment.serve()
            let made = try await key(["tokens"], deployment)
            _ = try await server.send(try platform.install(tenant))
            let answer = try await server.ask("POST", tokenTarget, key: made.secret, body: #"{"reason":"case 4711"}"#)
            let json = try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: String])
            #expect(
                json == [
                    "token": try platform.installationToken(tenant), "apiUrl": "https://api.clockify.me/api",
                    "status": "ACTIVE",
                ])
            #expect(answer.fields["cache-control"] == "no-store")

            let audit: AuditPageJSON = try await server.ask("/api/v1/audit?limit=1", key: deployment.key)
            let record = try #require(audit.records.first)
            #expect(record.action == "installation.token" && record.detail == "case 4711")
            #expect(record.workspaceId == "ws1" && record.actor.contains(made.id))

            _ = try await server.send(try platform.status(tenant, "INACTIVE"))
            #expect(try await server.ask("POST", tokenTarget, key: made.secret, body: "{}").status == 409)
            let unknown = try await server.ask(
                "POST", "/api/v1/installations/test-addon/ws1/nobody/token", key: made.secret, body: "{}")
            #expect(unknown.status == 404)
        }
    }

    @Test func `too many token readings are 429 for that key only`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            _ = try await server.send(try deployment.platform.install(Tenant("ws1")))
            let made = try await key(["tokens"], deployment)
            var answers: [Answer] = []
            while answers.count < 500, answers.last?.status != 429 {
                answers.append(try await server.ask("POST", tokenTarget, key: made.secret, body: "{}"))
            }
            let last = try #require(answers.last)
            #expect(last.status == 429 && answers.dropLast().allSatisfy { $0.status == 200 })
            #expect(last.fields["retry-after"].flatMap { Int($0) } ?? 0 > 0)
            #expect(try await server.ask("POST", tokenTarget, key: deployment.key, body: "{}").status == 200)
        }
    }

    @Test func `lists take filters and refuse what they do not understand`() async throws {
        try await Deployment.with { deployment in
            let platform = deployment.platform
            let server = try await deployment.serve()
            _ = try await server.statuses([
                try platform.install(Tenant("ws1")), try platform.install(Tenant("ws2")),
                try platform.uninstall(Tenant("ws2")),
            ])
            func workspaces(_ query: String) async throws -> [String] {
                let page: InstallationPageJSON = try await server.ask(
                    "/api/v1/installations" + query, key: deployment.key)
                return page.installations.map(\.workspaceId)
            }
            #expect(try await workspaces("?workspaceId=ws1") == ["ws1"])
            #expect(try await workspaces("?status=DELETED") == ["ws2"])
            #expect(try await workspaces("?status=ACTIVE&addonKey=test-addon") == ["ws1"])
            #expect(try await workspaces("?addonKey=other") == [])
            for query in ["?limit=501", "?limit=0", "?limit=x", "?cursor=x", "?status=GONE", "?workspaceId=a/b"] {
                let answer = try await server.ask("/api/v1/installations" + query, key: deployment.key)
                #expect(answer.status == 400, "\(query)")
            }
        }
    }

    @Test func `metrics name nobody, and strangers add no series`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            let platform = deployment.platform
            func knock(_ number: Int) async throws {
                let tenant = Tenant("tenant\(number)")
                _ = try await server.send(try platform.install(tenant))
                _ = try await server.send(try platform.webhook(tenant))
                _ = try await server.send(try platform.webhook(tenant).with("clockify-signature", "x\(number)"))
                _ = try await server.send(Request.get("/nowhere\(number)"))
                for key in [deployment.key, "ik_\(number)"] {
                    for target in ["/nowhere\(number)", "/api/v1/installations/a/tenant\(number)/b"] {
                        _ = try await server.ask(target, key: key)
                        _ = try await server.ask("METHOD\(number)", target, key: key, body: "")
                    }
                }
            }
            func series() async throws -> Set<String> {
                let lines = try await server.ask("/metrics").text.split(separator: "\n").filter { !$0.hasPrefix("#") }
                return Set(lines.compactMap { $0.split(separator: " ").first.map(String.init) })
            }
            try await knock(1)
            _ = try await series()
            let first = try await series()
            for number in 2...12 { try await knock(number) }
            #expect(try await series() == first)
            #expect(first.count < 300)
            #expect(!first.contains { $0.contains("tenant") || $0.contains("nowhere") || $0.contains("METHOD") })
            #expect(first.contains(#"innkeeper_installations{status="ACTIVE"}"#))
            #expect(first.contains(#"innkeeper_inbox_commit_seconds_count"#))
        }
    }

    @Test func `a body that nobody wants is not read to its end`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            let post = Request(target: "/api/v1/keys")
            let stranger = try await Connection.open(port: server.operators)
            try await stranger.send(post.head(length: 2_000_000))
            let refused = try await stranger.answer()
            #expect(refused.status == 401 && refused.fields["connection"] == "close")
            #expect(try await stranger.rest() == [], "the connection ends, though the body never came")

            let announced = try await Connection.open(port: server.operators)
            try await announced.send(post.head(length: 100_000_000))
            let large = try await announced.answer()
            #expect(large.status == 413 && large.text.contains("too_large"))
            #expect(try await announced.rest() == [])

            let chunked = try await Connection.open(port: server.operators)
            let target = Request(target: "/api/v1/api-keys").adding("Authorization", "Bearer \(deployment.key)")
            try await chunked.send(target.adding("Transfer-Encoding", "chunked").head(length: 0))
            try await chunked.send("20000\r\n" + String(repeating: " ", count: 0x20000))
            #expect(try await chunked.answer().status == 413)
            #expect(try await chunked.rest() == [])
        }
    }

    @Test func `pipelined requests are answered in order, and what is no HTTP in this API's form`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            let connection = try await Connection.open(port: server.operators)
            let targets = ["/healthz", "/nowhere", "/readyz", "/api/v1/keys"]
            try await connection.send(targets.map { Request.get($0).head(length: 0) }.joined())
            var statuses: [Int] = []
            for _ in targets { statuses.append(try await connection.answer().status) }
            #expect(statuses == [200, 404, 200, 401])
            try await connection.send("this is not HTTP\r\n\r\n")
            let answer = try await connection.answer()
            #expect(answer.status == 400)
            #expect(try JSONDecoder().decode(ErrorJSON.self, from: Data(answer.body)).error.code == "bad_request")
            #expect(try await connection.rest() == [])
        }
    }

    private var tokenTarget: String { "/api/v1/installations/test-addon/ws1/inst-ws1/token" }

    private func key(_ scopes: [String], _ deployment: Deployment) async throws -> CreatedAPIKeyJSON {
        let outcome = try await deployment.run(
            ["api-keys", "create", "--name", "test", "-o", "json"] + scopes.flatMap { ["--scope", $0] })
        return try .read(outcome)
    }
}
