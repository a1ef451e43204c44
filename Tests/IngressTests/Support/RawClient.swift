import Ingress
import NIOCore
import NIOPosix
import Testing

/// An answer as it stood on the wire.
struct RawAnswer: Equatable {
    var statusLine = ""
    /// Names in lower case.
    var fields: [String: String] = [:]
    var body: [UInt8] = []

    var status: Int { Int(statusLine.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    var text: String { String(decoding: body, as: UTF8.self) }
    var saysClose: Bool { fields["connection"] == "close" }
}

/// A TCP client that sends exactly the bytes it is given. It waits for events only; the suites' time limit bounds it.
final class RawClient {
    private enum Event: Sendable { case bytes(ByteBuffer), ended(isClean: Bool) }

    /// Why an answer cannot be read.
    enum Failure: Error {
        case endedBefore(String)
        case malformed(String)
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let events: AsyncStream<Event>.Continuation
        private let first: String

        init(_ events: AsyncStream<Event>.Continuation, first: String) {
            self.events = events
            self.first = first
        }

        func channelActive(context: ChannelHandlerContext) {
            if !first.isEmpty { context.channel.writeAndFlush(ByteBuffer(string: first), promise: nil) }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { events.yield(.bytes(unwrapInboundIn(data))) }
        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed = event { events.yield(.ended(isClean: true)) }
        }
        func channelInactive(context: ChannelHandlerContext) {
            events.yield(.ended(isClean: false))
            events.finish()
        }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private let channel: any Channel
    private var events: AsyncStream<Event>.AsyncIterator
    private var buffer: [UInt8] = []
    private var hasEnded = false
    /// Whether the server ended its side in order, not by a reset.
    private(set) var sawCleanEnd = false

    private init(_ channel: any Channel, _ events: AsyncStream<Event>) {
        self.channel = channel
        self.events = events.makeAsyncIterator()
    }

    deinit {
        channel.close(promise: nil)
    }

    /// Connects; `first` is sent in the same moment, however busy the machine is.
    static func connect(
        to address: IngressAddress, first: String = "", reads: Bool = true
    ) async throws -> RawClient {
        let (events, continuation) = AsyncStream<Event>.makeStream()
        let channel = try await ClientBootstrap(group: NIOSingletons.posixEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.autoRead, value: reads)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(continuation, first: first))
                }
            }
            .connect(host: address.host, port: address.port).get()
        return RawClient(channel, events)
    }

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// Sends without waiting for the network to take it.
    func push(_ text: String) {
        channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
    }

    /// Reads from now on.
    func startReading() async throws {
        try await channel.setOption(.autoRead, value: true).get()
    }

    func closeOutput() async throws {
        try await channel.close(mode: .output)
    }

    func close() async throws {
        try await channel.close()
    }

    /// The next answer. The answer to a HEAD has a length and no body.
    func answer(toHead: Bool = false) async throws -> RawAnswer {
        let end: [UInt8] = Array("\r\n\r\n".utf8)
        while buffer.firstRange(of: end) == nil { try await more("the head of an answer ended") }
        guard let range = buffer.firstRange(of: end) else { throw Failure.malformed("no head") }
        let lines = String(decoding: buffer[..<range.lowerBound], as: UTF8.self).split(separator: "\r\n")
        buffer.removeSubrange(..<range.upperBound)
        var answer = RawAnswer(statusLine: String(lines.first ?? ""))
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw Failure.malformed(String(line)) }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            answer.fields[line[..<colon].lowercased()] = String(value)
        }
        let length = toHead ? 0 : Int(answer.fields["content-length"] ?? "0") ?? 0
        while buffer.count < length { try await more("the body of an answer ended") }
        answer.body = Array(buffer.prefix(length))
        buffer.removeFirst(length)
        return answer
    }

    /// All bytes until the server ends its side.
    func rest() async -> [UInt8] {
        while !hasEnded { await next() }
        return buffer
    }

    /// The one answer left, after which the server ends the connection.
    func lastAnswer() async throws -> RawAnswer {
        let answer = try await answer()
        #expect(await rest() == [], "bytes after the last answer")
        return answer
    }

    private func more(_ what: String) async throws {
        if hasEnded { throw Failure.endedBefore(what) }
        await next()
    }

    private func next() async {
        switch await events.next() {
        case .bytes(let bytes): buffer += Array(bytes.readableBytesView)
        case .ended(let isClean):
            hasEnded = true
            sawCleanEnd = isClean
        case nil: hasEnded = true
        }
    }
}
