import HTTPTypes
import Listening
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import OperatorAPI

@Suite struct ConnectionBoundsTests {
    /// A connection whose HTTP library is the test.
    private struct Wire {
        /// A socket: closing its output leaves it open for input, which an embedded channel does not know.
        private final class HalfClosing: ChannelOutboundHandler {
            typealias OutboundIn = Never

            func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
                if mode == .output { promise?.succeed() } else { context.close(mode: mode, promise: promise) }
            }
        }

        let channel = EmbeddedChannel()
        let connections = ConnectionTable()

        init() throws {
            try channel.pipeline.syncOperations.addHandlers([
                HalfClosing(), ConnectionBounds(OperatorLimits(), connections),
            ])
            try channel.connect(to: SocketAddress(unixDomainSocketPath: "/test")).wait()
        }

        func receive(_ parts: HTTPRequestPart...) throws {
            for part in parts { try channel.writeInbound(part) }
        }

        func head(_ fields: HTTPFields = [:]) -> HTTPRequestPart {
            .head(
                HTTPRequest(method: .post, scheme: "http", authority: "a", path: "/", headerFields: fields))
        }

        func answer(_ status: HTTPResponse.Status = .ok) throws {
            try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: status)))
            try channel.writeOutbound(HTTPResponsePart.end(nil))
        }

        /// What the HTTP library has seen of the requests, in words.
        func seen() throws -> [String] {
            var seen: [String] = []
            while let part = try channel.readInbound(as: HTTPRequestPart.self) {
                switch part {
                case .head: seen.append("head")
                case .body: seen.append("body")
                case .end: seen.append("end")
                }
            }
            return seen
        }

        /// What the client has seen of the answers: statuses, and "close" where one says so.
        func sent() throws -> [String] {
            var sent: [String] = []
            while let part = try channel.readOutbound(as: HTTPResponsePart.self) {
                guard case .head(let head) = part else { continue }
                sent.append("\(head.status.code)" + (head.headerFields[.connection].map { " \($0)" } ?? ""))
            }
            return sent
        }
    }

    @Test func `a body that drips past the deadline is 408 and the end`() throws {
        let wire = try Wire()
        try wire.receive(wire.head([.contentLength: "100"]))
        for _ in 0..<14 {
            wire.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            try wire.receive(.body(ByteBuffer(string: "x")))
        }
        #expect(try wire.sent() == [])
        wire.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(try wire.sent() == ["408 close"])
        _ = try wire.seen()
        try wire.receive(.body(ByteBuffer(string: "x")), .end(nil))
        #expect(try wire.seen() == [], "nothing that follows counts")
        wire.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!wire.channel.isActive)
    }

    @Test func `a complete request has no deadline, only its body had one`() throws {
        let wire = try Wire()
        try wire.receive(wire.head(), .end(nil))
        wire.channel.embeddedEventLoop.advanceTime(by: .seconds(600))
        try wire.answer()
        #expect(try wire.sent() == ["200"])
        #expect(wire.channel.isActive)
    }

    @Test func `a connection gives way before its request is complete and after its answer, not between`() throws {
        let wire = try Wire()
        func now() -> UInt64 { NIODeadline.now().uptimeNanoseconds }
        try wire.receive(wire.head(), .end(nil))
        #expect(!wire.connections.giveWay(waitingBefore: now()))
        #expect(wire.channel.isActive)
        try wire.answer()
        try wire.receive(wire.head([.contentLength: "10"]))
        #expect(wire.connections.giveWay(waitingBefore: now()))
        #expect(!wire.channel.isActive)
        wire.channel.embeddedEventLoop.run()
        #expect(wire.connections.count == 0 && wire.connections.held.leaving == 0)
    }

    @Test func `an answer before the end of its request is the connection's last`() throws {
        let wire = try Wire()
        try wire.receive(wire.head([.contentLength: "1000"]), .body(ByteBuffer(string: "x")))
        try wire.answer(.unauthorized)
        #expect(try wire.sent() == ["401 close"])
        _ = try wire.seen()
        try wire.receive(.body(ByteBuffer(string: "x")))
        #expect(try wire.seen() == [], "the rest is not drained")
        #expect(throws: ChannelError.self) { try wire.answer() }
        wire.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!wire.channel.isActive)
    }

    @Test func `after the last answer a client may go on for a moment, not for ever`() throws {
        let wire = try Wire()
        try wire.receive(wire.head())
        try wire.answer(.unauthorized)
        let mebibyte = ByteBuffer(repeating: 0, count: 1 << 20)
        for _ in 0..<4 { try wire.receive(.body(mebibyte)) }
        #expect(wire.channel.isActive)
        try wire.receive(.body(mebibyte))
        #expect(!wire.channel.isActive)
    }

    @Test func `a request behind another waits for its answer`() throws {
        let wire = try Wire()
        try wire.receive(wire.head(), .end(nil), wire.head(), .body(ByteBuffer(string: "x")), .end(nil))
        #expect(try wire.seen() == ["head", "end"])
        try wire.answer()
        #expect(try wire.seen() == ["head", "body", "end"])
        try wire.answer(.notFound)
        #expect(try wire.sent() == ["200", "404"])
    }

    @Test func `who sends much before the first answer gets that answer and no more`() throws {
        let wire = try Wire()
        try wire.receive(wire.head(), .end(nil))
        for _ in 0..<200 { try wire.receive(wire.head(), .end(nil)) }
        try wire.answer()
        #expect(try wire.sent() == ["200 close"])
        wire.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!wire.channel.isActive)
    }

    @Test func `an announced body that is too large is 413 before a byte of it`() throws {
        let wire = try Wire()
        try wire.receive(wire.head([.contentLength: "10000000", .expect: "100-continue"]))
        #expect(try wire.seen() == [])
        #expect(try wire.sent() == ["413 close"])
    }

    @Test func `a client that asks whether to go on is told so`() throws {
        let wire = try Wire()
        try wire.receive(wire.head([.contentLength: "10", .expect: "100-continue"]))
        #expect(try wire.sent() == ["100"])
        #expect(try wire.seen() == ["head"])
    }

    @Test func `what is no HTTP is 400 and the end`() throws {
        struct Malformed: Error {}
        let wire = try Wire()
        wire.channel.pipeline.fireErrorCaught(Malformed())
        #expect(try wire.sent() == ["400 close"])
        wire.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!wire.channel.isActive)
    }
}
