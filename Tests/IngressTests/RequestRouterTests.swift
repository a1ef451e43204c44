import Installations
import Marketplace
import NIOHTTP1
import TestSupport
import Testing
import Webhooks

@testable import Ingress

@Suite(.timeLimit(.minutes(1))) struct RequestRouterTests {
    @Test func `a manifest is the file's bytes`() async throws {
        let manifest = TestPlatform.manifest + "\n \u{FEFF}".prefix(2)
        try await TestIngress.serve {
            $0.manifest = manifest
        } _: { ingress in
            for path in ["/manifest", "/manifest.json", "/manifests/test-addon.json", "/manifest?x=y", "//manifest/"] {
                let answer = try await ingress.ask(Requests.get(path))
                #expect(answer.status == 200)
                #expect(answer.body == Array(manifest.utf8))
                #expect(answer.fields["content-type"] == "application/json")
                #expect(answer.fields["server"] == nil)
            }
        }
    }

    @Test func `the health checks answer with one word`() async throws {
        try await TestIngress.serve { ingress in
            let alive = try await ingress.ask(Requests.get("/healthz"))
            #expect(alive.status == 200)
            #expect(alive.text == "ok")
            let ready = try await ingress.ask(Requests.get("/readyz?verbose"))
            #expect(ready.status == 200)
            #expect(ready.text == "ready")
        }
        try await TestIngress.serve {
            $0.readiness = { "store" }
        } _: { ingress in
            let answer = try await ingress.ask(Requests.get("/readyz"))
            #expect(answer.status == 503)
            #expect(answer.text == "store")
            #expect(answer.fields["retry-after"] == "2")
            #expect(try await ingress.ask(Requests.get("/healthz")).status == 200)
        }
    }

    @Test func `HEAD is GET without the body`() async throws {
        try await TestIngress.serve { ingress in
            let client = try await ingress.connect()
            for path in ["/manifest", "/healthz", "/readyz"] {
                try await client.send(Requests.get(path))
                let get = try await client.answer()
                try await client.send(Requests.head("HEAD \(path) HTTP/1.1", ["Host: a"]))
                let head = try await client.answer(toHead: true)
                #expect(head.statusLine == get.statusLine)
                #expect(head.fields == get.fields)
            }
            // Whatever came after a HEAD's head would be taken for the next answer.
            try await client.send(Requests.get("/healthz"))
            #expect(try await client.answer().text == "ok")
        }
    }

    @Test(arguments: [
        ("DELETE", "/manifest", "GET, HEAD"), ("POST", "/healthz", "GET, HEAD"), ("PUT", "/readyz", "GET, HEAD"),
        ("GET", "/webhooks/project", "POST"), ("HEAD", "/lifecycle/installed", "POST"),
        ("OPTIONS", "/lifecycle/deleted", "POST"), ("BREW", "/webhooks/time", ""),
    ])
    func `another method on a known path names the right ones`(method: String, path: String, allow: String) async throws
    {
        try await TestIngress.serve { ingress in
            let answer = try await ingress.ask(
                Requests.head("\(method) \(path) HTTP/1.1", ["Host: a", "Content-Length: 0"]), toHead: method == "HEAD")
            // llhttp knows no other methods than those with a name.
            guard method != "BREW" else { return #expect(answer.status == 400) }
            #expect(answer.status == 405)
            #expect(answer.fields["allow"] == allow)
            #expect(answer.fields["content-length"] == "0")
        }
    }

    @Test(arguments: ["/", "/nothing", "/webhooks", "/webhooks/project/more", "*", "/%68ealthz", "/Healthz"])
    func `a path that nobody claims is not found`(_ path: String) async throws {
        try await TestIngress.serve { ingress in
            for request in [Requests.get(path), Requests.post(path, body: "some body")] where path != "*" {
                let answer = try await ingress.ask(request)
                #expect(answer.status == 404)
                #expect(answer.fields == ["content-length": "0"])
            }
        }
    }

    @Test(arguments: [
        "/webhooks/project", "//webhooks//project", "/webhooks/project/", "/webhooks/project?a=b",
        "http://addon.example.com/webhooks/project",
    ])
    func `a genuine webhook is accepted by every spelling of its path`(_ target: String) async throws {
        try await TestIngress.serve { ingress in
            try await ingress.install()
            let answer = try await ingress.ask(
                Requests.post(target, try ingress.webhookFields(), body: #"{"name":"one"}"#))
            #expect(answer.status == 204)
            #expect(answer.fields == [:], "a 204 has neither body nor length")
            #expect(ingress.store.events.map(\.type) == ["NEW_PROJECT"])
        }
    }

    @Test func `each credential must come exactly once`() async throws {
        try await TestIngress.serve { ingress in
            try await ingress.install()
            let signature = try ingress.signature(try ingress.platform.id())
            let event = TestIngress.event
            let stranger = "clockify-signature: " + (try ingress.platform.token(ingress.platform.id("ws9", "i9")))
            let refused: [[String]] = [
                [], [signature], [event], [signature, signature, event], [signature, event, event],
                [signature, stranger, event], [stranger, signature, event],
                [signature, event, "CLOCKIFY-WEBHOOK-EVENT-TYPE: NEW_TIME_ENTRY"],
                [signature + "," + signature.dropFirst(20), event], [signature, event + ",NEW_PROJECT"],
            ]
            for fields in refused {
                let answer = try await ingress.ask(Requests.post(TestIngress.webhookPath, fields))
                #expect(answer.status == 401)
                #expect(answer.fields == ["content-length": "0"])
            }
            #expect(ingress.refusals(.webhook, "header_count") == Int64(refused.count))

            let token = try ingress.lifecycleField()
            for fields in [[], [token, token], [token + "," + token.dropFirst(25)]] {
                let answer = try await ingress.ask(Requests.post("/lifecycle/deleted", fields))
                #expect(answer.status == 401)
                #expect(answer.fields == ["content-length": "0"])
            }
            #expect(ingress.store.events.isEmpty)
        }
    }

    @Test func `a refused sender's body is not kept`() async throws {
        try await TestIngress.serve { ingress in
            let path = TestIngress.webhookPath
            let target = ingress.listener.router.target(of: path)
            let refused = ingress.listener.router.admit(.POST, target, RequestFields(["host": "a"]))
            #expect(!refused.wantsBody)
            let token = try ingress.platform.webhookToken(try ingress.platform.id(), path)
            let genuine = RequestFields(["clockify-signature": token, "clockify-webhook-event-type": "NEW_PROJECT"])
            #expect(ingress.listener.router.admit(.POST, target, genuine).wantsBody)
            let forged = try ingress.platform.token(try ingress.platform.id(), by: try TestPlatform.stranger())
            let stranger = RequestFields(["clockify-signature": forged, "clockify-webhook-event-type": "NEW_PROJECT"])
            #expect(!ingress.listener.router.admit(.POST, target, stranger).wantsBody)
            let installed = ingress.listener.router.target(of: "/lifecycle/installed")
            for (token, isWanted) in [(forged, false), (token, true)] {
                let fields = RequestFields(["x-addon-lifecycle-token": token])
                #expect(ingress.listener.router.admit(.POST, installed, fields).wantsBody == isWanted)
            }
        }
    }

    @Test func `every authentication failure has the same answer`() async throws {
        try await TestIngress.serve { ingress in
            try await ingress.install()
            let id = try ingress.platform.id()
            let tokens = [
                "nonsense", "a.b.c", try ingress.platform.token(id, by: try TestPlatform.stranger()),
                try ingress.platform.token(id, salt: "never stored"),
                try ingress.platform.token(try ingress.platform.id("ws2")),
                try ingress.platform.webhookToken(id, "/webhooks/time"),
            ]
            var answers: [RawAnswer] = []
            for token in tokens {
                let fields = ["clockify-signature: \(token)", TestIngress.event]
                answers.append(try await ingress.ask(Requests.post(TestIngress.webhookPath, fields)))
            }
            let other = "clockify-webhook-event-type: NEW_TIME_ENTRY"
            answers.append(
                try await ingress.ask(Requests.post(TestIngress.webhookPath, [try ingress.signature(id), other])))
            let workspace = #"{"workspaceId":"another"}"#
            answers.append(try await ingress.ask(try ingress.webhook(workspace)))
            for answer in answers {
                #expect(answer.statusLine == "HTTP/1.1 401 Unauthorized")
                #expect(answer.fields == ["content-length": "0"])
                #expect(answer.body == [])
            }
        }
    }
}
