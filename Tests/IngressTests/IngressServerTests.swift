import InMemoryLogging
import Logging
import TestSupport
import Testing

@testable import Ingress

@Suite(.timeLimit(.minutes(1))) struct IngressServerTests {
    @Test(arguments: ["", "POST /webhooks/project HTTP/1.1\r\nHost: a"])
    func `at the maximum the new connection is served, silent or trickling ones give way`(sent: String) async throws {
        try await TestIngress.serve {
            $0.configuration.maxConnections = 4
        } _: { ingress in
            try await ingress.install()
            var strangers: [RawClient] = []
            for _ in 0..<20 { strangers.append(try await ingress.connect(first: sent)) }
            for _ in 0..<20 { #expect(try await ingress.ask(try ingress.webhook()).status == 204) }
            // Two event loops set connections up, so their order is only nearly that of their coming.
            #expect(await strangers[0].rest() == [])
            #expect(ingress.refusals(.none, "gave_way") >= 12)
        }
    }

    @Test func `a stranger's complete head with an endless body gives way as well`() async throws {
        try await TestIngress.serve {
            $0.configuration.maxConnections = 4
        } _: { ingress in
            try await ingress.install()
            let endless = String(Requests.post(TestIngress.webhookPath, body: "12345").dropLast(2))
            var strangers: [RawClient] = []
            for _ in 0..<8 { strangers.append(try await ingress.connect(first: endless)) }
            #expect(try await ingress.ask(try ingress.webhook()).status == 204)
            #expect(await strangers[0].rest() == [])
        }
    }

    @Test func `who is owed an answer keeps its place, and the next one waits for an end`() async throws {
        let gate = Gate(isOpen: true)
        try await TestIngress.serve {
            $0.configuration.maxConnections = 2
            $0.held = gate
        } _: { ingress in
            try await ingress.install()
            gate.close()
            let request = try ingress.webhook()
            let genuine = [try await ingress.connect(), try await ingress.connect()]
            try await genuine[0].send(request)
            await gate.arrived(2)
            // The other one's head is vouched for, which the server says by asking for its body.
            let fields = try ["Host: a", "Content-Length: 2", "Expect: 100-continue"] + ingress.webhookFields()
            try await genuine[1].send(Requests.head("POST \(TestIngress.webhookPath) HTTP/1.1", fields))
            #expect(try await genuine[1].answer().status == 100)
            for _ in 0..<12 { _ = try await ingress.connect() }
            try await genuine[1].send("{}")
            gate.open()
            for client in genuine { #expect(try await client.answer().status == 204) }
            #expect(try await ingress.ask(request).status == 204)
        }
    }

    @Test func `shutdown answers what has begun and closes what is idle`() async throws {
        let gate = Gate(isOpen: true)
        try await TestIngress.serve {
            $0.held = gate
        } _: { ingress in
            try await ingress.install()
            gate.close()
            let working = try await ingress.connect()
            try await working.send(try ingress.webhook() + Requests.get("/healthz"))
            await gate.arrived(2)
            let sending = try await ingress.connect()
            let request = try ingress.webhook()
            try await sending.send(String(request.dropLast(3)))
            let idle = try await ingress.connect()
            try await idle.send(Requests.get("/healthz"))
            #expect(try await idle.answer().text == "ok")
            // Proof that the server has the unfinished request: the same thread has answered what came after it.
            for _ in 0..<4 { #expect(try await ingress.ask(Requests.get("/healthz")).text == "ok") }

            await ingress.shutDown()
            #expect(await idle.rest() == [])
            gate.open()
            let answer = try await working.lastAnswer()
            #expect(answer.status == 204)
            #expect(answer.saysClose)
            try await sending.send(String(request.suffix(3)))
            let last = try await sending.lastAnswer()
            #expect(last.status == 204)
            #expect(last.saysClose)
            #expect(ingress.store.events.count == 2)
        }
    }

    @Test func `shutdown does not wait for a body that a stranger holds back`() async throws {
        try await TestIngress.serve {
            $0.configuration.drainRequestTimeout = .milliseconds(50)
        } _: { ingress in
            let stranger = try await ingress.connect()
            try await stranger.send("POST /lifecycle/installed HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
            for _ in 0..<4 { #expect(try await ingress.ask(Requests.get("/healthz")).text == "ok") }
            await ingress.shutDown()
            let answer = try await stranger.lastAnswer()
            #expect(answer.status == 408)
            #expect(answer.saysClose)
        }
    }

    @Test func `shutdown does not wait long for an answer that is owed, nor for one that is next`() async throws {
        let gate = Gate()
        try await TestIngress.serve {
            $0.configuration.drainRequestTimeout = .milliseconds(50)
            $0.readiness = gate.readiness
        } _: { ingress in
            let client = try await ingress.connect()
            try await client.send(Requests.get("/readyz") + Requests.get("/readyz"))
            await gate.arrived()
            await ingress.shutDown()
            _ = await client.rest()
            gate.open()
        }
    }

    @Test func `shutdown does not wait longer than the drain time`() async throws {
        let gate = Gate()
        try await TestIngress.serve {
            $0.configuration.drainTimeout = .milliseconds(50)
            $0.readiness = gate.readiness
        } _: { ingress in
            let client = try await ingress.connect()
            try await client.send(Requests.get("/readyz"))
            await gate.arrived()
            await ingress.shutDown()
            #expect(await client.rest() == [])
            gate.open()
        }
    }

    @Test func `requests and refusals are counted by labels and logged without anything that was sent`() async throws {
        let lines = InMemoryLogHandler()
        try await TestIngress.serve {
            $0.logger = Logger(label: "test") { _ in lines }
            $0.logger.logLevel = .trace
        } _: { ingress in
            try await ingress.install()
            #expect(try await ingress.ask(try ingress.webhook()).status == 204)
            let secret = "Very-Secret"
            #expect(try await ingress.ask(Requests.get("/\(secret)?\(secret)", "X: \(secret)")).status == 404)
            let fields = ["clockify-signature: \(secret)", TestIngress.event]
            #expect(try await ingress.ask(Requests.post(TestIngress.webhookPath, fields, body: secret)).status == 401)
            #expect(try await ingress.ask(try ingress.webhook(secret)).status == 400)
            #expect(ingress.requests(.lifecycle, .noContent) == 1)
            #expect(ingress.requests(.webhook, .noContent) == 1)
            #expect(ingress.requests(.webhook, .unauthorized) == 1)
            #expect(ingress.requests(.webhook, .badRequest) == 1)
            #expect(ingress.requests(.none, .notFound) == 1)
            #expect(ingress.refusals(.webhook, "not_three_parts") == 1)
            #expect(ingress.refusals(.webhook, "body_not_json") == 1)
            #expect(ingress.refusals(.none, "unknown_path") == 1)
        }
        let refused = lines.entries.filter { $0.message == "request refused" }
        #expect(
            refused.map { $0.metadata["reason"]?.description ?? "" } == [
                "unknown_path", "not_three_parts", "body_not_json",
            ])
        #expect(lines.entries.allSatisfy { !"\($0)".contains("Very-Secret") })
    }
}
