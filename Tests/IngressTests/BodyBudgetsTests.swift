import Installations
import Listening
import Marketplace
import Synchronization
import TestSupport
import Testing

@testable import Ingress

@Suite(.timeLimit(.minutes(1))) struct BodyBudgetsTests {
    /// Of a mebibyte a quarter for one installation's webhooks and one for lifecycle calls; 131 bytes for nothing.
    private func serving(_ held: Gate? = nil, _ body: (TestIngress) async throws -> Void) async throws {
        try await TestIngress.serve {
            $0.configuration.maxBodyBytesInFlight = 1 << 20
            $0.configuration.maxConnections = 1000
            $0.held = held
        } _: { ingress in
            for workspace in ["ws1", "ws2", "ws3", "ws4"] {
                let id = try ingress.platform.id(workspace)
                let body = String(decoding: try ingress.platform.installedBody(id), as: UTF8.self)
                let field = "X-Addon-Lifecycle-Token: " + (try ingress.platform.token(id))
                #expect(try await ingress.ask(Requests.post("/lifecycle/installed", [field], body: body)).status == 204)
            }
            try await body(ingress)
        }
    }

    /// The head of a genuine webhook, whose body is to come.
    private func head(_ workspace: String, _ more: String, in ingress: TestIngress) throws -> String {
        let token = try ingress.platform.webhookToken(try ingress.platform.id(workspace), TestIngress.webhookPath)
        let fields = ["Host: a", "clockify-signature: " + token, TestIngress.event, more]
        return Requests.head("POST \(TestIngress.webhookPath) HTTP/1.1", fields)
    }

    /// A connection whose announced body is charged: the server has asked for it.
    private func announce(_ bytes: Int, _ workspace: String, in ingress: TestIngress) async throws -> RawClient {
        let head = try head(workspace, "Content-Length: \(bytes)\r\nExpect: 100-continue", in: ingress)
        let client = try await ingress.connect(first: head)
        #expect(try await client.answer().status == 100)
        return client
    }

    @Test func `an installation at its share gets 503 before its body is read, and others are served`() async throws {
        try await serving { ingress in
            let first = try await announce(200 << 10, "ws1", in: ingress)
            let second = try await ingress.connect(first: try head("ws1", "Content-Length: 204800", in: ingress))
            let refused = try await second.lastAnswer()
            #expect(refused.status == 503)
            #expect(refused.fields == ["content-length": "0", "retry-after": "2", "connection": "close"])
            #expect(ingress.refusals(.webhook, "body_memory_share") == 1)
            let body = #"{"t":"\#(String(repeating: "x", count: 200 << 10))"}"#
            let other = try head("ws2", "Content-Length: \(body.utf8.count)", in: ingress) + body
            #expect(try await ingress.ask(other).status == 204)
            #expect(try await ingress.ask(try ingress.webhook()).status == 204, "a short body needs no place")
            // It is given back with the connection.
            try await first.close()
            let again = try head("ws1", "Content-Length: \(body.utf8.count)", in: ingress) + body
            while try await ingress.ask(again).status != 204 {}
        }
    }

    @Test func `all together get no more than there is, and lifecycle calls have a part of their own`() async throws {
        try await serving { ingress in
            var clients: [RawClient] = []
            for workspace in ["ws1", "ws2"] {
                clients.append(try await announce(250 << 10, workspace, in: ingress))
            }
            let fourth = try await ingress.connect(first: try head("ws4", "Content-Length: 250000", in: ingress))
            #expect(try await fourth.lastAnswer().status == 503)
            #expect(ingress.refusals(.webhook, "body_memory") == 1)
            let padding = #","text":"\#(String(repeating: "x", count: 100 << 10))""#
            let call = try ingress.lifecycleCall("settings", more: #","settings":[]"# + padding)
            #expect(try await ingress.ask(call).status == 204)
            #expect(clients.count == 2)
        }
    }

    @Test func `a body in chunks is charged as it comes`() async throws {
        try await serving { ingress in
            let head = try head("ws1", "Transfer-Encoding: chunked", in: ingress)
            let client = try await ingress.connect(first: head)
            let chunk = Requests.chunk(String(repeating: "x", count: 32 << 10))
            for _ in 0..<9 { client.push(chunk) }
            #expect(try await client.lastAnswer().status == 503)
            #expect(ingress.refusals(.webhook, "body_memory_share") == 1)
        }
    }

    @Test func `a body that waits for its commit counts until then, also when its client has gone`() async throws {
        let gate = Gate(isOpen: true)
        try await serving(gate) { ingress in
            gate.close()
            let body = #"{"t":"\#(String(repeating: "x", count: 200 << 10))"}"#
            let request = try head("ws1", "Content-Length: \(body.utf8.count)", in: ingress) + body
            let first = try await ingress.connect(first: request)
            await gate.arrived(5)
            #expect(try await ingress.ask(request).status == 503)
            try await first.close()
            #expect(try await ingress.ask(request).status == 503)
            gate.open()
            while try await ingress.ask(request).status != 204 {}
        }
    }

    @Test func `a stranger's body is charged to nobody`() async throws {
        try await serving { ingress in
            var strangers: [RawClient] = []
            for _ in 0..<20 {
                let head = Requests.head("POST /webhooks/project HTTP/1.1", ["Host: a", "Content-Length: 250000"])
                strangers.append(try await ingress.connect(first: head))
            }
            let body = #"{"t":"\#(String(repeating: "x", count: 200 << 10))"}"#
            let request = try head("ws1", "Content-Length: \(body.utf8.count)", in: ingress) + body
            #expect(try await ingress.ask(request).status == 204)
            #expect(strangers.count == 20)
        }
    }

    @Test(arguments: [1 << 16, 8 << 20, 64 << 20, 1 << 30], [1, 600, 4096])
    func `the parts make no more than the whole`(total: Int, connections: Int) throws {
        var configuration = IngressConfiguration(host: "a", port: 0)
        (configuration.maxBodyBytesInFlight, configuration.maxConnections) = (total, connections)
        let budgets = BodyBudgets(configuration)
        let id = try TestPlatform(manifest: TestPlatform.manifest).id()
        #expect(throws: (any Error).self) { try budgets.webhooks.charge(total / 4 + 1, to: id) }
        let (eighth, longest) = (total / 8, configuration.maxBodyBytes)
        #expect(throws: (any Error).self) { try budgets.lifecycle.charge(max(eighth, longest) + 1, to: id) }
        #expect(throws: (any Error).self) { try budgets.webhooks.charge(total - 2 * eighth + 1, to: id) }
        #expect(budgets.freeBytes * connections <= total / 8)
    }
}
