import HTTPTypes
import Listening
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Synchronization
import Testing

@testable import OperatorAPI

@Suite struct ConnectionBoundsTests {
    /// A connection whose HTTP library is the test.
    private struct Wire {
        /// A socket: closing its output leaves it open for input, which an embedded channel does not know, and its client may
        /// not read.
        final class Socket: ChannelOutboundHandler {
            typealias OutboundIn = HTTPResponsePart

            var isRead = true
            private var unread = CircularBuffer<(data: NIOAny, promise: EventLoopPromise<Void>?)>()
            private var context: ChannelHandlerContext?

            func handlerAdded(context: ChannelHandlerContext) { self.context = context }
            func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

            func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
                if isRead { context.write(data, promise: promise) } else { unread.append((data, promise)) }
            }

            /// The client reads one part.
            func readOne() {
                if let part = unread.popFirst() { context?.writeAndFlush(part.data, promise: part.promise) }
            }

            func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
                if mode == .output { promise?.succeed() } else { context.close(mode: mode, promise: promise) }
            }
        }

        let channel = EmbeddedChannel()
        let connections = ConnectionTable()
        let socket = Socket()
        let bounds: ConnectionBounds

        init(_ pieces: RequestPieces? = nil) throws {
            bounds = ConnectionBounds(OperatorLimits(), connections, pieces)
            try channel.pipeline.syncOperations.addHandlers([socket, bounds])
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

        /// An answer that nobody reads: its head, so many pieces and its end.
        func leaveAnswer(pieces: Int = 0) {
            socket.isRead = false
            channel.write(HTTPResponsePart.head(HTTPResponse(status: .ok)), promise: nil)
            for _ in 0..<pieces { channel.write(HTTPResponsePart.body(ByteBuffer(string: "x")), promise: nil) }
            channel.writeAndFlush(HTTPResponsePart.end(nil), promise: nil)
        }

        func pass(_ seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

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

    @Test func `a client has its time for the whole of an exchange, however it reads or sends`() throws {
        let silent = try Wire()
        try silent.receive(silent.head(), .end(nil))
        silent.leaveAnswer()
        silent.pass(29)
        #expect(silent.channel.isActive)
        silent.pass(1)
        #expect(!silent.channel.isActive)

        let slow = try Wire()
        try slow.receive(slow.head([.contentLength: "1"]))
        slow.pass(10)
        try slow.receive(.body(ByteBuffer(string: "x")), .end(nil))
        // The server's own time is none of the client's.
        slow.pass(600)
        slow.leaveAnswer(pieces: 100)
        for _ in 0..<19 {
            slow.socket.readOne()
            slow.pass(1)
        }
        #expect(slow.channel.isActive)
        slow.socket.readOne()
        slow.pass(1)
        #expect(!slow.channel.isActive)
    }

    @Test func `the time of an exchange is its own`() throws {
        let wire = try Wire()
        for _ in 0..<3 {
            try wire.receive(wire.head(), .end(nil))
            wire.leaveAnswer()
            wire.pass(20)
            for _ in 0..<2 { wire.socket.readOne() }
        }
        #expect(wire.channel.isActive)
        #expect(try wire.sent() == ["200", "200", "200"])
    }

    @Test func `an exchange after a long answer has the time of any other`() throws {
        let wire = try Wire()
        try wire.receive(wire.head(), .end(nil))
        wire.bounds.givesTimeForEachPart = true
        wire.leaveAnswer()
        // By now it is watched for the time of a part.
        wire.pass(40)
        for _ in 0..<2 { wire.socket.readOne() }
        try wire.receive(wire.head(), .end(nil))
        wire.leaveAnswer()
        wire.pass(29)
        #expect(wire.channel.isActive)
        wire.pass(1)
        #expect(!wire.channel.isActive)
    }

    @Test func `a head that has no end has the time of a request and no answer`() throws {
        let pieces = RequestPieces(OperatorLimits())
        let wire = try Wire(pieces)
        pieces.onFirstByte?()
        wire.pass(14)
        #expect(wire.channel.isActive)
        wire.pass(1)
        #expect(!wire.channel.isActive)
        #expect(try wire.sent() == [])
    }

    @Test func `the next request waits until the answer is read`() throws {
        let wire = try Wire()
        try wire.receive(wire.head(), .end(nil), wire.head(), .end(nil))
        wire.leaveAnswer()
        #expect(try wire.seen() == ["head", "end"])
        for _ in 0..<2 { wire.socket.readOne() }
        #expect(try wire.seen() == ["head", "end"])
    }

    @Test(arguments: [HTTPFields(), [.connection: "close"]])
    func `a connection whose answer nobody reads may have to give way`(fields: HTTPFields) throws {
        let wire = try Wire()
        try wire.receive(wire.head(fields), .end(nil))
        wire.leaveAnswer()
        #expect(wire.connections.giveWay(waitingBefore: .max))
        wire.channel.embeddedEventLoop.run()
        #expect(!wire.channel.isActive)
    }

    @Test func `at a shutdown an answer is sent to its end, and has not long to be read`() throws {
        for reads in [true, false] {
            let wire = try Wire()
            try wire.receive(wire.head(), .end(nil))
            wire.leaveAnswer()
            wire.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            wire.channel.close(promise: nil)
            wire.pass(4)
            #expect(wire.channel.isActive)
            if reads {
                for _ in 0..<2 { wire.socket.readOne() }
            } else {
                wire.pass(1)
            }
            #expect(!wire.channel.isActive)
            #expect(try wire.sent() == (reads ? ["200"] : []))
        }
    }

    @Test func `who works for a client is told when it hangs up, and not when it was answered`() throws {
        let told = Mutex(0)
        let wire = try Wire()
        try wire.receive(wire.head(), .end(nil))
        wire.bounds.client.onHangUp { told.withLock { $0 += 1 } }
        try wire.answer()
        try wire.receive(wire.head(), .end(nil))
        wire.bounds.client.onHangUp { told.withLock { $0 += 10 } }
        wire.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(told.withLock { $0 } == 10)
        wire.bounds.client.onHangUp { told.withLock { $0 += 100 } }
        #expect(told.withLock { $0 } == 110)
    }

    @Test func `who answered is told when the answer is not sent to its end, and only then`() throws {
        for (reads, seconds) in [(2, 0), (1, 30)] {
            let told = Mutex(0)
            let wire = try Wire()
            try wire.receive(wire.head(), .end(nil))
            wire.bounds.client.onLoss { told.withLock { $0 += 1 } }
            wire.leaveAnswer()
            for _ in 0..<reads { wire.socket.readOne() }
            wire.pass(Int64(seconds))
            #expect(told.withLock { $0 } == (reads == 2 ? 0 : 1))
            wire.bounds.client.onLoss { told.withLock { $0 += 1 } }
            #expect(told.withLock { $0 } == (reads == 2 ? 0 : 2), "at once when the connection has gone")
        }
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
        wire.channel.embeddedEventLoop.run()
        #expect(!wire.channel.isActive)
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

    @Test func `who sends much while an answer is unread gets that answer and no more`() throws {
        let wire = try Wire()
        try wire.receive(wire.head(), .end(nil))
        wire.leaveAnswer()
        for _ in 0..<200 { try wire.receive(wire.head(), .end(nil)) }
        for _ in 0..<2 { wire.socket.readOne() }
        #expect(try wire.seen() == ["head", "end"], "none of the others, of which some are lost")
        wire.pass(1)
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
