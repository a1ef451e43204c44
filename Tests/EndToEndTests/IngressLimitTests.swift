import Testing

/// The public listener's limits and its HTTP, byte for byte (contract.md sections 1 and 2).
@Suite(.timeLimit(.minutes(5)))
struct IngressLimitTests {
    private static let tenant = Tenant("ws1")

    /// A server with one installation.
    private func serving(_ body: (Server, Deployment) async throws -> Void) async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            #expect(try await server.send(try deployment.platform.install(Self.tenant)).status == 204)
            try await body(server, deployment)
        }
    }

    /// A webhook body of exactly `count` bytes.
    private func body(_ count: Int) -> [UInt8] {
        let (head, tail) = (#"{"workspaceId":"ws1","text":""#, #""}"#)
        return Array((head + String(repeating: "x", count: count - head.count - tail.count) + tail).utf8)
    }

    @Test func `a body of 1 MiB is accepted and one byte more is 413 and the end`() async throws {
        try await serving { server, deployment in
            let largest = try deployment.platform.webhook(Self.tenant, body: body(1 << 20))
            #expect(try await server.send(largest).status == 204)

            let announced = try await Connection.open(port: server.ingress)
            let request = try deployment.platform.webhook(Self.tenant)
            try await announced.send(request.head(length: 1 << 20 + 1))
            #expect(try await announced.answer().status == 413, "not even the body is waited for")
            #expect(try await announced.rest() == [])

            let chunked = try await Connection.open(port: server.ingress)
            try await chunked.send(request.adding("Transfer-Encoding", "chunked").head(length: 0))
            try await chunked.send("100001\r\n")
            try await chunked.send(body(1 << 20 + 1))
            let answer = try await chunked.answer()
            #expect(answer.status == 413 && answer.fields["connection"] == "close")
            #expect(try await chunked.rest() == [])
        }
    }

    @Test func `a chunked body is one body`() async throws {
        try await serving { server, deployment in
            let request = try deployment.platform.webhook(Self.tenant)
            let connection = try await Connection.open(port: server.ingress)
            try await connection.send(request.adding("Transfer-Encoding", "chunked").head(length: 0))
            for chunk in ["10\r\n", #"{"workspaceId":""#, "\r\n5\r\n", #"ws1"}"#, "\r\n0\r\n\r\n"] {
                try await connection.send(chunk)
            }
            #expect(try await connection.answer().status == 204)
        }
    }

    @Test func `too long or too many header fields are 431 and the end`() async throws {
        try await serving { server, deployment in
            let webhook = try deployment.platform.webhook(Self.tenant)
            let fields = (0..<120).reduce(webhook) { $0.adding("X-\($1)", "1") }
            for request in [webhook.with("X-Long", String(repeating: "x", count: 33 << 10)), fields] {
                let connection = try await Connection.open(port: server.ingress)
                try await connection.send(request.bytes)
                let answer = try await connection.answer()
                #expect(answer.status == 431 && answer.body == [] && answer.fields["connection"] == "close")
            }
            let much = (0..<80).reduce(webhook) { $0.adding("X-\($1)", String(repeating: "x", count: 300)) }
            #expect(try await server.send(much).status == 204, "80 fields of 300 bytes are fine")
        }
    }

    @Test func `a header that counts is given once or not at all`() async throws {
        try await serving { server, deployment in
            let webhook = try deployment.platform.webhook(Self.tenant)
            for field in webhook.fields {
                #expect(try await server.send(webhook.adding(field.name, field.value)).status == 401)
                #expect(try await server.send(webhook.adding(field.name.uppercased(), field.value)).status == 401)
                #expect(try await server.send(webhook.with(field.name, "\(field.value),\(field.value)")).status == 401)
            }
            let call = try deployment.platform.status(Self.tenant, "ACTIVE")
            let token = try #require(call.fields.first)
            #expect(try await server.send(call.adding(token.name, token.value)).status == 401)
            #expect(try await server.send(call).status == 204)
        }
    }

    @Test func `ambiguous framing is 400 and the end`() async throws {
        try await serving { server, deployment in
            let webhook = try deployment.platform.webhook(Self.tenant)
            for request in [
                webhook.adding("Content-Length", "23").adding("Transfer-Encoding", "chunked"),
                webhook.adding("Content-Length", "23").adding("Content-Length", "22"),
                webhook.adding("Content-Length", "+23"), webhook.adding("Transfer-Encoding", "gzip, chunked"),
                webhook.adding("Host", "a").adding("Host", "b"),
            ] {
                let connection = try await Connection.open(port: server.ingress)
                try await connection.send(request.bytes)
                let answer = try await connection.answer()
                #expect(answer.status == 400 && answer.body == [] && answer.fields["connection"] == "close")
                #expect(try await connection.rest() == [])
            }
        }
    }

    @Test func `pipelined requests are answered in order`() async throws {
        try await serving { server, deployment in
            let platform = deployment.platform
            let row: [(Int, Request)] = [
                (204, try platform.webhook(Self.tenant)), (404, .get("/nothing")),
                (401, try platform.webhook(Tenant("nobody"))), (200, .get("/healthz")),
                (204, try platform.settings(Self.tenant)), (400, try platform.webhook(Self.tenant).with(body: "{")),
                (405, Request(target: "/healthz")), (204, try platform.webhook(Self.tenant)), (200, .get("/manifest")),
            ]
            let connection = try await Connection.open(port: server.ingress)
            try await connection.send(row.flatMap(\.1.bytes))
            for (status, _) in row { #expect(try await connection.answer().status == status) }
            try await connection.send(Request.get("/readyz").bytes)
            #expect(try await connection.answer().text == "ready", "the connection goes on")
        }
    }

    @Test func `HTTP 1.0 is answered and closed unless it asks to go on`() async throws {
        try await serving { server, _ in
            let once = try await Connection.open(port: server.ingress)
            try await once.send("GET /healthz HTTP/1.0\r\n\r\n")
            let answer = try await once.answer()
            #expect(answer.status == 200 && answer.text == "ok")
            #expect(try await once.rest() == [])
            let twice = try await Connection.open(port: server.ingress)
            for _ in 0..<2 {
                try await twice.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                #expect(try await twice.answer().text == "ok")
            }
        }
    }

    @Test func `HEAD has the length of GET and no body`() async throws {
        try await serving { server, deployment in
            for target in ["/manifest", "/healthz", "/readyz", "/manifests/test-addon.json"] {
                let get = try await server.send(.get(target))
                let head = try await server.send(Request(method: "HEAD", target: target))
                #expect(head.status == 200 && head.head == get.head && head.body == [])
            }
            let connection = try await Connection.open(port: server.ingress)
            try await connection.send(
                Request(method: "HEAD", target: "/manifest").bytes + Request.get("/healthz").bytes)
            #expect(try await connection.answer(toHead: true).status == 200)
            #expect(try await connection.answer().text == "ok", "nothing is between the answers")
        }
    }

    @Test func `another method on a known path is 405 and says which it knows`() async throws {
        try await serving { server, deployment in
            let platform = deployment.platform
            let call = try platform.status(Self.tenant, "ACTIVE").target
            for (target, allowed, others) in [
                ("/manifest", "GET", ["POST", "PUT", "DELETE"]), ("/healthz", "GET", ["POST", "OPTIONS"]),
                ("/webhooks/time", "POST", ["GET", "PUT", "PATCH", "HEAD"]),
                (call, "POST", ["GET", "DELETE", "OPTIONS"]),
            ] {
                for method in others {
                    let answer = try await server.send(Request(method: method, target: target))
                    #expect(answer.status == 405 && answer.body == [], "\(method) \(target)")
                    let methods = answer.fields["allow"]?.split(separator: ",").map { $0.filter { $0 != " " } }
                    #expect(methods?.contains(allowed) == true && methods?.contains(method) == false)
                }
            }
        }
    }
}
