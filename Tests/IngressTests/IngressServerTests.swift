import TestSupport
import Testing

@testable import Ingress

@Suite(.timeLimit(.minutes(1))) struct IngressServerTests {
    @Test func `a surplus connection is closed at once and the others are served`() async throws {
        try await TestIngress.serve {
            $0.configuration.maxConnections = 2
        } _: { ingress in
            let clients = [try await ingress.connect(), try await ingress.connect()]
            for client in clients {
                try await client.send(Requests.get("/healthz"))
                #expect(try await client.answer().text == "ok")
            }
            for _ in 0..<5 {
                let surplus = try await ingress.connect()
                #expect(await surplus.rest() == [])
            }
            #expect(ingress.refusals(.none, "connections") == 5)
            for client in clients {
                try await client.send(Requests.get("/healthz"))
                #expect(try await client.answer().text == "ok")
            }
        }
    }

    @Test func `a closed connection gives its place back`() async throws {
        try await TestIngress.serve {
            $0.configuration.maxConnections = 1
        } _: { ingress in
            for _ in 0..<20 {
                // The server notices the end of the last one in its own time: until then this one is surplus.
                while true {
                    let client = try await ingress.connect(first: Requests.get("/healthz"))
                    guard let answer = try? await client.answer() else { continue }
                    #expect(answer.text == "ok")
                    try await client.close()
                    break
                }
            }
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
        let lines = Lines()
        try await TestIngress.serve {
            $0.logger = lines.logger
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
        let refused = lines.all.filter { $0.message == "request refused" }
        #expect(refused.map { $0.metadata["reason"] ?? "" } == ["unknown_path", "not_three_parts", "body_not_json"])
        #expect(lines.all.allSatisfy { !"\($0)".contains("Very-Secret") })
    }
}
