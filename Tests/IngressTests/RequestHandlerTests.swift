import Installations
import Listening
import NIOCore
import NIOEmbedded
import Sealing
import TestSupport
import Testing
import Webhooks

@testable import Ingress

@Suite(.timeLimit(.minutes(1))) struct RequestHandlerTests {
    @Test func `a connection takes one request after the other`() async throws {
        try await TestIngress.serve { ingress in
            let client = try await ingress.connect()
            for path in ["/healthz", "/nothing", "/readyz", "/healthz"] {
                try await client.send(Requests.get(path))
                #expect(try await client.answer().fields["connection"] == nil)
            }
            try await client.send(Requests.get("/healthz", "Connection: close"))
            let answer = try await client.lastAnswer()
            #expect(answer.text == "ok")
            #expect(answer.saysClose)
        }
    }

    @Test func `HTTP 1.0 closes unless it is asked to stay`() async throws {
        try await TestIngress.serve { ingress in
            let client = try await ingress.connect()
            try await client.send(Requests.head("GET /healthz HTTP/1.0", ["Connection: keep-alive"]))
            let first = try await client.answer()
            #expect(first.statusLine == "HTTP/1.0 200 OK")
            #expect(first.fields["connection"] == "keep-alive")
            try await client.send(Requests.head("GET /readyz HTTP/1.0", []))
            let last = try await client.lastAnswer()
            #expect(last.text == "ready")
            #expect(last.saysClose)
        }
    }

    @Test func `twenty pipelined requests, fast and slow, are answered in order`() async throws {
        let gate = Gate(isOpen: true)
        try await TestIngress.serve {
            $0.held = gate
        } _: { ingress in
            try await ingress.install()
            gate.close()
            let client = try await ingress.connect()
            let kinds = [
                (try ingress.webhook(), 204), (Requests.get("/healthz"), 200),
                (Requests.post("/nothing", body: "x"), 404), (Requests.get("/readyz"), 200),
                (Requests.post(TestIngress.webhookPath, body: "{}"), 401),
            ]
            let row = (0..<20).map { kinds[$0 % kinds.count] }
            try await client.send(row.map(\.0).joined())
            await gate.arrived(2)
            gate.open()
            for (_, status) in row { #expect(try await client.answer().status == status) }
            #expect(ingress.store.events.count == 4)
        }
    }

    @Test func `thousands of requests behind a slow one are all answered`() async throws {
        let gate = Gate()
        try await TestIngress.serve {
            $0.readiness = gate.readiness
        } _: { ingress in
            let client = try await ingress.connect()
            let short = "GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n"
            client.push(Requests.get("/readyz") + String(repeating: short, count: 5000))
            await gate.arrived()
            gate.open()
            #expect(try await client.answer().status == 200)
            for _ in 0..<5000 { #expect(try await client.answer().status == 404) }
        }
    }

    @Test func `what is malformed behind a slow request is refused in its turn`() async throws {
        let gate = Gate()
        try await TestIngress.serve {
            $0.readiness = gate.readiness
        } _: { ingress in
            let client = try await ingress.connect()
            try await client.send(Requests.get("/readyz") + Requests.get("/healthz") + "nonsense\r\n\r\n")
            await gate.arrived()
            gate.open()
            #expect(try await client.answer().text == "ready")
            #expect(try await client.answer().text == "ok")
            let answer = try await client.lastAnswer()
            #expect(answer.status == 400)
            #expect(answer.saysClose)
        }
    }

    @Test func `a client that closes its side still gets every answer`() async throws {
        let gate = Gate(isOpen: true)
        try await TestIngress.serve {
            $0.held = gate
        } _: { ingress in
            try await ingress.install()
            gate.close()
            let client = try await ingress.connect()
            try await client.send(try ingress.webhook() + Requests.get("/readyz") + Requests.get("/healthz"))
            try await client.closeOutput()
            await gate.arrived(2)
            // The server's threads have answered what came after the end, so they have seen the end.
            for _ in 0..<4 { #expect(try await ingress.ask(Requests.get("/healthz")).text == "ok") }
            gate.open()
            #expect(try await client.answer().status == 204)
            #expect(try await client.answer().text == "ready")
            #expect(try await client.lastAnswer().text == "ok")
        }
    }

    @Test func `a request that is cut off is malformed`() async throws {
        try await TestIngress.serve { ingress in
            for cut in ["GET /heal", Requests.post("/nothing", body: "12345").dropLast(2).description] {
                let client = try await ingress.connect()
                try await client.send(cut)
                try await client.closeOutput()
                let answer = try await client.lastAnswer()
                #expect(answer.status == 400)
                #expect(answer.saysClose)
            }
        }
    }

    @Test(arguments: [
        ("POST /nothing HTTP/1.1", ["Host: a", "Content-Length: 5", "Transfer-Encoding: chunked"]),
        ("POST /nothing HTTP/1.1", ["Host: a", "Transfer-Encoding: chunked", "Content-Length: 5"]),
        ("POST /nothing HTTP/1.1", ["Host: a", "Content-Length: 5", "Content-Length: 5"]),
        ("POST /nothing HTTP/1.1", ["Host: a", "Content-Length: 5", "Content-Length: 6"]),
        ("POST /nothing HTTP/1.1", ["Host: a", "Content-Length: 5, 5"]),
        ("POST /nothing HTTP/1.1", ["Host: a", "Content-Length: -1"]),
        ("POST /nothing HTTP/1.1", ["Host: a", "Transfer-Encoding: chunked, identity"]),
        ("POST /nothing HTTP/1.1", ["Host: a", "Transfer-Encoding: gzip, chunked"]),
        ("POST /nothing HTTP/1.1", ["Host: a", "Transfer-Encoding : chunked"]),
        ("POST /nothing HTTP/1.1", ["Host: a", "Transfer-Encoding:\u{0B}chunked"]),
        ("POST /nothing HTTP/1.0", ["Transfer-Encoding: chunked"]),
        ("GET /healthz HTTP/1.1", []),
        ("GET /healthz HTTP/1.1", ["Host: a", "Host: a"]),
        ("GET /healthz HTTP/1.0", ["Host: a", "Host: b"]),
        ("GET /healthz HTTP/1.1", ["Host: a", " folded: b"]),
        ("GET /healthz HTTP/2.0", ["Host: a"]),
        ("GET /healthz HTTP/0.9", ["Host: a"]),
        ("GET  HTTP/1.1", ["Host: a"]),
        ("nonsense", []),
    ])
    func `a request that could be read in two ways is malformed and ends the connection`(
        line: String, fields: [String]
    ) async throws {
        try await TestIngress.serve { ingress in
            let client = try await ingress.connect()
            let smuggled = Requests.get("/healthz")
            try await client.send(Requests.head(line, fields) + "0\r\n\r\n" + smuggled)
            let answer = try await client.lastAnswer()
            #expect(answer.status == 400)
            #expect(answer.fields == ["content-length": "0", "connection": "close"])
        }
    }

    @Test func `a length over the limit is refused before the body comes`() async throws {
        try await TestIngress.serve {
            $0.configuration.maxBodyBytes = 1000
        } _: { ingress in
            for path in ["/lifecycle/installed", "/nothing"] {
                let client = try await ingress.connect()
                try await client.send(Requests.head("POST \(path) HTTP/1.1", ["Host: a", "Content-Length: 1001"]))
                let answer = try await client.lastAnswer()
                #expect(answer.status == 413)
                #expect(answer.fields == ["content-length": "0", "connection": "close"])
            }
            let length = "Content-Length: " + String(repeating: "9", count: 30)
            let answer = try await ingress.ask(Requests.head("POST / HTTP/1.1", ["Host: a", length]))
            #expect([400, 413].contains(answer.status))
            let largest = Requests.post("/nothing", body: String(repeating: "x", count: 1000))
            #expect(try await ingress.ask(largest).status == 404)
        }
    }

    @Test func `a client that sends far too much can still read the answer`() async throws {
        try await TestIngress.serve { ingress in
            let size = 8 << 20
            // In one write, so that the server closes with bytes unread.
            let head = Requests.head("POST /nothing HTTP/1.1", ["Host: a", "Content-Length: \(size)"])
            let client = try await ingress.connect(first: head + String(repeating: "x", count: size))
            #expect(try await client.answer().status == 413)
            #expect(await client.rest() == [])
            #expect(client.sawCleanEnd, "a reset can cost other clients the answer")
        }
    }

    @Test func `chunks that grow over the limit are refused, whoever sends them`() async throws {
        try await TestIngress.serve {
            $0.configuration.maxBodyBytes = 1000
        } _: { ingress in
            for fields in [try ingress.webhookFields(), []] {
                let client = try await ingress.connect()
                try await client.send(
                    Requests.head(
                        "POST \(TestIngress.webhookPath) HTTP/1.1", ["Host: a", "Transfer-Encoding: chunked"] + fields))
                for _ in 0..<10 { try await client.send(Requests.chunk(String(repeating: "x", count: 100))) }
                try await client.send(Requests.chunk("x"))
                let answer = try await client.lastAnswer()
                #expect(answer.status == 413)
                #expect(answer.saysClose)
            }
        }
    }

    @Test func `a chunked body is a body`() async throws {
        try await TestIngress.serve { ingress in
            try await ingress.install()
            let client = try await ingress.connect()
            try await client.send(
                Requests.head(
                    "POST \(TestIngress.webhookPath) HTTP/1.1",
                    ["Host: a", "Transfer-Encoding: chunked"] + (try ingress.webhookFields())))
            for part in ["{\"a\"", ":", "[1,2", "]}"] { try await client.send(Requests.chunk(part)) }
            try await client.send("0\r\nTrailer: x\r\n\r\n" + Requests.get("/healthz"))
            #expect(try await client.answer().status == 204)
            #expect(try await client.answer().text == "ok")
        }
    }

    @Test func `a body of the largest size is taken whole`() async throws {
        try await TestIngress.serve { ingress in
            try await ingress.install()
            let body = #"{"text":""# + String(repeating: "x", count: (1 << 20) - 11) + #""}"#
            #expect(body.utf8.count == 1 << 20)
            #expect(try await ingress.ask(try ingress.webhook(body)).status == 204)
            #expect((ingress.store.events.first?.bytes ?? 0) > 1 << 20)
        }
    }

    @Test func `a refused sender's connection goes on`() async throws {
        try await TestIngress.serve { ingress in
            let client = try await ingress.connect()
            let body = String(repeating: "x", count: 300_000)
            try await client.send(Requests.post(TestIngress.webhookPath, body: body) + Requests.get("/healthz"))
            #expect(try await client.answer().status == 401)
            #expect(try await client.answer().text == "ok")
        }
    }

    @Test func `the go-ahead is given to admissible requests only`() async throws {
        try await TestIngress.serve { ingress in
            try await ingress.install()
            let fields = ["Host: a", "Content-Length: 2", "Expect: 100-continue"]
            let line = "POST \(TestIngress.webhookPath) HTTP/1.1"
            let admitted = try await ingress.connect()
            try await admitted.send(Requests.head(line, fields + (try ingress.webhookFields())))
            #expect(try await admitted.answer().statusLine == "HTTP/1.1 100 Continue")
            try await admitted.send("{}" + Requests.get("/healthz"))
            #expect(try await admitted.answer().status == 204)
            #expect(try await admitted.answer().text == "ok")

            let refused = try await ingress.connect()
            try await refused.send(Requests.head(line, fields))
            let answer = try await refused.lastAnswer()
            #expect(answer.status == 401)
            #expect(answer.saysClose)
        }
    }

    @Test func `a wish for another protocol is not granted and the request answered`() async throws {
        try await TestIngress.serve { ingress in
            try await ingress.install()
            let client = try await ingress.connect()
            // As a Java HttpClient opens a connection.
            let upgrade = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"]
            let fields = upgrade + (try ingress.webhookFields())
            try await client.send(Requests.post(TestIngress.webhookPath, fields, body: #"{"a":1}"#))
            let answer = try await client.lastAnswer()
            #expect(answer.status == 204)
            #expect(answer.saysClose)
            #expect(ingress.store.events.count == 1)
        }
    }

    @Test func `a client that goes away does not undo a commit`() async throws {
        let gate = Gate()
        try await TestIngress.serve {
            $0.held = gate
        } _: { ingress in
            let client = try await ingress.connect()
            try await client.send(try ingress.installed())
            await gate.arrived()
            try await client.close()
            gate.open()
            await ingress.store.commits.arrived()
            #expect(ingress.store.outcomes == ["installed"])
        }
    }

    @Test func `a client that does not read does not make answers pile up`() async throws {
        let long = #"{"x":""# + String(repeating: "x", count: 200_000) + #"","#
        let manifest = long + TestPlatform.manifest.dropFirst()
        try await TestIngress.serve {
            $0.manifest = manifest
        } _: { ingress in
            let client = try await ingress.connect(reads: false)
            // Far more than the kernels keep between both: 300 manifests are 60 MB.
            try await client.send(String(repeating: Requests.get("/manifest"), count: 300))
            let other = try await ingress.connect()
            for _ in 0..<50 {
                try await other.send(Requests.get("/healthz"))
                #expect(try await other.answer().text == "ok")
            }
            #expect(ingress.requests(.manifest, .ok) < 100)
            try await client.startReading()
            for _ in 0..<300 { #expect(try await client.answer().body.count == manifest.utf8.count) }
        }
    }

    @Test func `a client that asks and never reads is closed at the deadline, with few answers in the kernel`()
        async throws
    {
        try await TestIngress.serve {
            $0.configuration.requestDeadline = .milliseconds(500)
        } _: { ingress in
            let client = try await ingress.connect(reads: false)
            // Answers of some 3 MB, which the kernel would take.
            client.push(String(repeating: Requests.get("/nothing", "X-Y: z"), count: 60_000))
            _ = await client.rest()
            #expect(!client.sawCleanEnd)
            #expect(ingress.requests(.none, .notFound) < 30_000)
        }
    }

    /// A socket whose client does not read.
    private final class Unread: ChannelOutboundHandler {
        typealias OutboundIn = IOData

        private var promises: [EventLoopPromise<Void>] = []

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            if let promise { promises.append(promise) }
        }

        func handlerRemoved(context: ChannelHandlerContext) {
            for promise in promises { promise.fail(ChannelError.ioOnClosedChannel) }
        }
    }

    @Test(arguments: ["X-Y: z", "Connection: close"])
    func `a connection whose answer nobody reads may have to give way`(field: String) async throws {
        try await TestIngress.serve { ingress in
            let channel = try connect(to: ingress.listener)
            try channel.pipeline.syncOperations.addHandler(Unread(), position: .first)
            channel.isWritable = false
            try channel.writeInbound(ByteBuffer(string: Requests.get("/healthz", field)))
            #expect(ingress.listener.connections.giveWay(waitingBefore: .max))
            channel.embeddedEventLoop.run()
            #expect(!channel.isActive)
        }
    }

    @Test func `the answers of one turn are sent together at its end`() async throws {
        try await TestIngress.serve { ingress in
            let channel = try connect(to: ingress.listener)
            try channel.writeInbound(ByteBuffer(string: Requests.get("/healthz") + Requests.get("/healthz")))
            #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
            channel.embeddedEventLoop.run()
            #expect(try words(channel) == ["ok", "ok"])
            _ = try channel.finish()
        }
    }

    @Test func `a client that closes its side in the same turn gets its answer`() async throws {
        try await TestIngress.serve { ingress in
            let channel = try connect(to: ingress.listener)
            try channel.writeInbound(ByteBuffer(string: Requests.get("/healthz")))
            channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            #expect(try words(channel) == ["ok"])
            #expect(!channel.isActive)
        }
    }

    private func connect(to listener: Listener) throws -> EmbeddedChannel {
        let guardian = ConnectionGuard(listener)
        let channel = EmbeddedChannel(handlers: [guardian, RequestHandler(listener, guardian)])
        try channel.connect(to: try SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait()
        return channel
    }

    /// The bodies that were sent.
    private func words(_ channel: EmbeddedChannel) throws -> [String] {
        var words: [String] = []
        while let bytes = try channel.readOutbound(as: ByteBuffer.self) {
            let text = String(buffer: bytes)
            if !text.isEmpty, !text.hasPrefix("HTTP/") { words.append(text) }
        }
        return words
    }
}
