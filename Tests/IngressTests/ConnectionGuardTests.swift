import Installations
import Listening
import NIOCore
import NIOEmbedded
import NIOHTTP1
import TestSupport
import Testing

@testable import Ingress

@Suite(.timeLimit(.minutes(1))) struct ConnectionGuardTests {
    @Test func `a head that does not end is closed at the deadline`() async throws {
        try await TestIngress.serve {
            $0.configuration.requestDeadline = .milliseconds(50)
        } _: { ingress in
            let client = try await ingress.connect(first: "GET /healthz HTTP/1.1\r\nHost:")
            #expect(await client.rest() == [])
            #expect(ingress.refusals(.none, "head_deadline") == 1)
        }
    }

    @Test func `a body that does not end is answered at the deadline`() async throws {
        try await TestIngress.serve {
            $0.configuration.requestDeadline = .milliseconds(50)
        } _: { ingress in
            for fields in [[], try ingress.webhookFields()] {
                let client = try await ingress.connect()
                let request = Requests.post(TestIngress.webhookPath, fields, body: "12345")
                try await client.send(String(request.dropLast(2)))
                let answer = try await client.lastAnswer()
                #expect(answer.status == 408)
                #expect(answer.fields == ["content-length": "0", "connection": "close"])
            }
        }
    }

    @Test func `the deadline is each request's own`() async throws {
        try await TestIngress.serve {
            $0.configuration.requestDeadline = .milliseconds(300)
        } _: { ingress in
            let client = try await ingress.connect()
            let start = ContinuousClock.now
            // Longer than one deadline in all; each request is far from its own.
            while ContinuousClock.now - start < .milliseconds(700) {
                try await client.send(Requests.get("/healthz"))
                #expect(try await client.answer().text == "ok")
            }
        }
    }

    @Test func `an idle connection is closed`() async throws {
        try await TestIngress.serve {
            $0.configuration.idleTimeout = .milliseconds(500)
        } _: { ingress in
            let silent = try await ingress.connect()
            #expect(await silent.rest() == [])
            let once = try await ingress.connect(first: Requests.get("/healthz"))
            #expect(try await once.answer().text == "ok")
            #expect(await once.rest() == [])
        }
    }

    @Test func `an idle connection does not have the shorter time of a request`() async throws {
        try await TestIngress.serve {
            $0.configuration.requestDeadline = .milliseconds(30)
            $0.configuration.idleTimeout = .milliseconds(300)
        } _: { ingress in
            let start = ContinuousClock.now
            let client = try await ingress.connect()
            #expect(await client.rest() == [])
            #expect(ContinuousClock.now - start >= .milliseconds(290))
        }
    }

    @Test func `the last answer's connection is closed even if the client keeps its side open`() async throws {
        try await TestIngress.serve {
            $0.configuration.lingerTimeout = .milliseconds(50)
        } _: { ingress in
            let client = try await ingress.connect()
            try await client.send(Requests.get("/healthz", "Connection: close"))
            #expect(try await client.lastAnswer().text == "ok")
            // Only when the server has closed all of it a write is answered by a reset.
            while true {
                do { try await client.send("x") } catch { break }
            }
        }
    }

    @Test func `bytes behind an owed answer are neither decoded nor kept without bound`() async throws {
        try await TestIngress.serve { ingress in try owe(ingress.listener) }
    }

    private func owe(_ listener: Listener) throws {
        let guardian = ConnectionGuard(listener)
        let channel = EmbeddedChannel(handler: guardian)
        try channel.connect(to: try SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait()
        try channel.writeInbound(ByteBuffer(string: Requests.get("/healthz")))
        for _ in ["head", "end"] { #expect(try channel.readInbound(as: HTTPServerRequestPart.self) != nil) }
        guardian.headDecoded(.length(0))
        guardian.requestDecoded()
        try channel.writeInbound(ByteBuffer(string: Requests.get("/healthz")))
        #expect(try channel.readInbound(as: HTTPServerRequestPart.self) == nil)
        for _ in 0..<2 { try channel.writeInbound(ByteBuffer(repeating: 0x78, count: 60 << 10)) }
        #expect(!guardian.isLastAnswer)
        try channel.writeInbound(ByteBuffer(repeating: 0x78, count: 60 << 10))
        #expect(guardian.isLastAnswer)
        guardian.answered()
        guardian.resume()
        #expect(try channel.readInbound(as: HTTPServerRequestPart.self) == nil)
        _ = try channel.finish()
    }

    @Test func `a connection that opens during a shutdown is closed`() async throws {
        try await TestIngress.serve { ingress in try openLate(ingress.listener) }
    }

    private func openLate(_ listener: Listener) throws {
        listener.isShuttingDown = true
        let channel = EmbeddedChannel()
        try channel.connect(to: try SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait()
        #expect(channel.isActive)
        try channel.pipeline.syncOperations.addHandler(ConnectionGuard(listener))
        #expect(!channel.isActive)
    }
}
