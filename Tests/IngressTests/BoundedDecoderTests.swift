import NIOCore
import NIOEmbedded
import NIOHTTP1
import TestSupport
import Testing

@testable import Ingress

@Suite(.timeLimit(.minutes(1))) struct BoundedDecoderTests {
    @Test func `a request is the same wherever the network cuts it`() async throws {
        try await TestIngress.serve { ingress in
            let fields = ["Host: a", "Padding: " + String(repeating: "x", count: 40), "Transfer-Encoding: chunked"]
            let request = Requests.head("POST /nothing HTTP/1.1", fields) + Requests.chunk("ab") + "0\r\nA: b\r\n\r\n"
            let whole = try parts(of: [request], ingress.listener)
            #expect(whole.count == 3)
            for cut in 1..<request.utf8.count {
                let index = request.utf8.index(request.startIndex, offsetBy: cut)
                let pieces = [String(request[..<index]), String(request[index...])]
                #expect(try parts(of: pieces, ingress.listener) == whole)
            }
        }
    }

    /// Tells the guard what was decoded, as the request handler does, and answers nothing.
    private final class Telling: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        private let guardian: ConnectionGuard

        init(_ guardian: ConnectionGuard) { self.guardian = guardian }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): guardian.headDecoded(RequestFields(head.headers, of: head.version).framing)
            case .body: break
            case .end: guardian.requestDecoded()
            }
            context.fireChannelRead(data)
        }
    }

    /// What the next handler gets, with neighbouring pieces of the body put together.
    private func parts(of pieces: [String], _ listener: Listener) throws -> [HTTPServerRequestPart] {
        let guardian = ConnectionGuard(listener)
        let channel = EmbeddedChannel(handlers: [guardian, Telling(guardian)])
        try channel.connect(to: try SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait()
        for piece in pieces { try channel.writeInbound(ByteBuffer(string: piece)) }
        var parts: [HTTPServerRequestPart] = []
        while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
            if case .body(let more) = part, case .body(var bytes)? = parts.last {
                bytes.writeImmutableBuffer(more)
                parts[parts.count - 1] = .body(bytes)
            } else {
                parts.append(part)
            }
        }
        _ = try channel.finish(acceptAlreadyClosed: true)
        return parts
    }

    /// A head of exactly this many bytes.
    private func head(of size: Int) -> String {
        let empty = Requests.get("/healthz", "Padding: ")
        return Requests.get("/healthz", "Padding: " + String(repeating: "x", count: size - empty.utf8.count))
    }

    private func expectTooLarge(_ client: RawClient) async throws {
        let answer = try await client.lastAnswer()
        #expect(answer.status == 431)
        #expect(answer.fields == ["content-length": "0", "connection": "close"])
    }

    @Test func `a head of the largest size is read and one byte more is not`() async throws {
        try await TestIngress.serve { ingress in
            #expect(try await ingress.ask(head(of: 32_768)).text == "ok")
            let client = try await ingress.connect()
            try await client.send(head(of: 32_769))
            try await expectTooLarge(client)
        }
    }

    @Test func `a head is refused as soon as it is too large, finished or not`() async throws {
        try await TestIngress.serve { ingress in
            for filler in ["x", " "] {
                let client = try await ingress.connect()
                let start = "GET /healthz HTTP/1.1\r\nHost: a\r\nPadding:"
                try await client.send(start + String(repeating: filler, count: 32_768 - start.utf8.count))
                try await expectTooLarge(client)
            }
            let target = try await ingress.connect()
            try await target.send("GET /" + String(repeating: "x", count: 32_768))
            try await expectTooLarge(target)
        }
    }

    @Test func `a pipelined head has the same limit`() async throws {
        try await TestIngress.serve { ingress in
            let blanks = "GET /healthz HTTP/1.1\r\nHost: a\r\nX:" + String(repeating: " ", count: 40_000)
            for large in [head(of: 40_000), blanks] {
                let client = try await ingress.connect()
                try await client.send(Requests.get("/readyz") + large)
                #expect(try await client.answer().text == "ready")
                try await expectTooLarge(client)
            }
        }
    }

    @Test func `a hundred fields are read and one more is not`() async throws {
        try await TestIngress.serve { ingress in
            let fields = ["Host: a"] + (1..<100).map { "X-\($0): y" }
            #expect(try await ingress.ask(Requests.head("GET /healthz HTTP/1.1", fields)).text == "ok")
            let client = try await ingress.connect()
            try await client.send(Requests.head("GET /healthz HTTP/1.1", fields + ["Z: z"]))
            try await expectTooLarge(client)
        }
    }

    @Test func `trailers count as fields`() async throws {
        try await TestIngress.serve { ingress in
            let start = Requests.head("POST /nothing HTTP/1.1", ["Host: a", "Transfer-Encoding: chunked"]) + "0\r\n"
            let many = try await ingress.connect()
            try await many.send(start + (0..<99).map { "X-\($0): y\r\n" }.joined())
            try await expectTooLarge(many)
            let blanks = try await ingress.connect()
            try await blanks.send(start + "X:" + String(repeating: " ", count: 60_000))
            try await expectTooLarge(blanks)
        }
    }
}
