import Installations
import Marketplace
import NIOCore
import NIOHTTP1
import TestSupport
import Testing
import Webhooks

@testable import Ingress

@Suite(.timeLimit(.minutes(1))) struct AnswerTests {
    @Test(arguments: [
        Answer(WebhookAnswer.accepted), Answer(WebhookAnswer.notJSON), Answer(WebhookAnswer.full(.events)),
        Answer(WebhookAnswer.refused(.unknownInstallation)), Answer(WebhookAnswer.unavailable(.noPrimaryKey)),
        Answer(LifecycleAnswer.committed(.create)), Answer(LifecycleAnswer.conflict),
        Answer(LifecycleAnswer.malformed(.notJSON)), Answer(LifecycleAnswer.refused(.idsDiffer)),
        Answer(LifecycleAnswer.unavailable(.noPrimaryKey)), .notFound, .methodNotAllowed(allow: "POST"),
    ])
    func `the platform shows bodies to workspace admins, so there are none`(_ answer: Answer) {
        #expect(answer.body == nil)
        let lengths = lines(answer).filter { $0.hasPrefix("content-length: ") }
        #expect(lengths == (answer.status == .noContent ? [] : ["content-length: 0"]))
        #expect(!lines(answer).contains { $0.hasPrefix("server") })
    }

    @Test func `an answer that means try again says when`() {
        #expect(Answer(WebhookAnswer.full(.events)).retryAfter == 5)
        #expect(Answer(WebhookAnswer.unavailable(.noPrimaryKey)).retryAfter == 2)
        #expect(Answer(LifecycleAnswer.unavailable(.noPrimaryKey)).retryAfter == 2)
        #expect(lines(.unavailable("store")).contains("retry-after: 2"))
    }

    @Test func `the connection field says what happens next`() {
        func field(_ answer: Answer, _ version: HTTPVersion, closes: Bool) -> [String] {
            lines(answer, version, closes: closes).filter { $0.hasPrefix("connection: ") }
        }
        for answer in [Answer.notFound, .accepted] {
            #expect(field(answer, .http1_1, closes: false) == [])
            #expect(field(answer, .http1_1, closes: true) == ["connection: close"])
            #expect(field(answer, .http1_0, closes: false) == ["connection: keep-alive"])
            #expect(field(answer, .http1_0, closes: true) == ["connection: close"])
        }
    }

    @Test(arguments: Answer.Status.allCases)
    func `every status is spelt as the RFC has it`(_ status: Answer.Status) {
        for version in [HTTPVersion.http1_0, .http1_1] {
            for closes in [false, true] {
                let phrase = HTTPResponseStatus(statusCode: status.rawValue).reasonPhrase
                let line = "HTTP/1.\(version.minor) \(status.rawValue) \(phrase)"
                #expect(lines(Answer(status: status), version, closes: closes)[0] == line)
            }
        }
    }

    @Test func `a head is lines and a blank one`() {
        let word = Answer.text("ok").head(version: .http1_1, closes: false)
        #expect(
            String(buffer: word) == "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\n")
        let method = Answer.methodNotAllowed(allow: "GET, HEAD").head(version: .http1_1, closes: true)
        let fields = "content-length: 0\r\nallow: GET, HEAD\r\nconnection: close"
        #expect(String(buffer: method) == "HTTP/1.1 405 Method Not Allowed\r\n\(fields)\r\n\r\n")
        #expect(
            String(buffer: Answer.accepted.head(version: .http1_1, closes: false)) == "HTTP/1.1 204 No Content\r\n\r\n")
    }

    private func lines(_ answer: Answer, _ version: HTTPVersion = .http1_1, closes: Bool = false) -> [String] {
        String(buffer: answer.head(version: version, closes: closes)).split(separator: "\r\n").map(String.init)
    }

    @Test func `the life of an installation has its statuses`() async throws {
        try await TestIngress.serve { ingress in
            let client = try await ingress.connect()
            let calls: [(String, Int)] = [
                (try ingress.lifecycleCall("installed"), 400), (try ingress.installed(), 204),
                (try ingress.installed(), 204),
                (try ingress.lifecycleCall("status", more: #","status":"INACTIVE""#), 204),
                (try ingress.lifecycleCall("status"), 400), (try ingress.webhook(), 204),
                (try ingress.webhook("not JSON"), 400), (try ingress.webhook(""), 400),
                (try ingress.lifecycleCall("settings", more: #","settings":[]"#), 204),
                (try ingress.lifecycleCall("deleted"), 204), (try ingress.installed(), 409),
                (try ingress.webhook(), 401),
                (Requests.post("/lifecycle/status", [try ingress.lifecycleField()], body: "[]"), 400),
                (Requests.post("/lifecycle/status", [try ingress.lifecycleField()], body: ""), 400),
            ]
            for (request, status) in calls {
                try await client.send(request)
                let answer = try await client.answer()
                #expect(answer.status == status)
                #expect(answer.fields == (status == 204 ? [:] : ["content-length": "0"]))
            }
            #expect(ingress.store.outcomes.count == 6)
            #expect(ingress.store.events.count == 1)
        }
    }

    @Test func `a lifecycle token of somebody else is refused whatever the body says`() async throws {
        try await TestIngress.serve { ingress in
            let id = try ingress.platform.id()
            let body = #"{"addonId":"inst1","workspaceId":"ws1"}"#
            for token in [
                try ingress.platform.token(id, by: try TestPlatform.stranger()),
                try ingress.platform.token(try ingress.platform.id("ws2")), "nonsense",
            ] {
                let answer = try await ingress.ask(
                    Requests.post("/lifecycle/deleted", ["X-Addon-Lifecycle-Token: \(token)"], body: body))
                #expect(answer.statusLine == "HTTP/1.1 401 Unauthorized")
                #expect(answer.fields == ["content-length": "0"])
            }
            #expect(ingress.store.outcomes == [])
        }
    }

    @Test func `a token that was handed out is refused whatever the body says`() async throws {
        try await TestIngress.serve { ingress in
            try await ingress.install()
            let token = try ingress.platform.webhookToken(try ingress.platform.id(), TestIngress.webhookPath)
            for body in [#"{"addonId":"inst1","workspaceId":"ws1"}"#, #"{"addonId":"inst1"}"#, "[]", ""] {
                let answer = try await ingress.ask(
                    Requests.post("/lifecycle/deleted", ["X-Addon-Lifecycle-Token: \(token)"], body: body))
                #expect(answer.statusLine == "HTTP/1.1 401 Unauthorized")
                #expect(answer.fields == ["content-length": "0"])
            }
            #expect(ingress.refusals(.lifecycle, "stored_token") == 4)
            #expect(ingress.store.outcomes == ["installed"])
        }
    }

    @Test func `a call whose body is taken asks the store once`() async throws {
        try await TestIngress.serve { ingress in
            for request in [
                try ingress.installed(), try ingress.installed(),
                try ingress.lifecycleCall("status", more: #","status":"INACTIVE""#),
                try ingress.lifecycleCall("deleted"),
            ] {
                #expect(try await ingress.ask(request).status == 204)
            }
            #expect(ingress.store.outcomes.count == 4 && ingress.store.credentialReads == 0)
        }
    }

    @Test func `a store that fails is 503 and a full inbox is 503`() async throws {
        try await TestIngress.serve { ingress in
            let client = try await ingress.connect()
            try await client.send(try ingress.installed())
            #expect(try await client.answer().status == 204)
            ingress.store.fail()
            for request in [try ingress.webhook(), try ingress.installed()] {
                try await client.send(request)
                let answer = try await client.answer()
                #expect(answer.status == 503)
                #expect(answer.fields == ["content-length": "0", "retry-after": "2"])
            }
        }
        try await TestIngress.serve {
            $0.storedEvents = 0
        } _: { ingress in
            try await ingress.install()
            let answer = try await ingress.ask(try ingress.webhook())
            #expect(answer.status == 503)
            #expect(answer.fields == ["content-length": "0", "retry-after": "5"])
        }
    }
}
