import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// The add-on's own code, for one test: a real HTTP server on a free port that remembers what it got and answers as the
/// test wants.
final class TestReceiver: Sendable {
    /// What came.
    struct Delivery: Sendable {
        let headers: HTTPHeaders
        let body: [UInt8]

        var id: String { headers.first(name: "webhook-id") ?? "" }
        var workspace: String { headers.first(name: "innkeeper-workspace-id") ?? "" }
        var type: String { headers.first(name: "innkeeper-event-type") ?? "" }
    }

    /// How it is answered.
    enum Reply: Sendable {
        case status(Int, headers: HTTPHeaders = [:], body: String = "")
        /// Never.
        case silence
        /// A status, and a body that does not end.
        case endless(Int, body: String)
        /// A status at once, and a body that comes byte by byte and does not end.
        case trickledBody(Int)
        /// The head comes byte by byte and does not end.
        case trickledHead
        /// These bytes, whatever they are.
        case raw(String)
        /// The connection is closed instead.
        case hangUp
    }

    private struct State {
        var deliveries: [Delivery] = []
        var connections = 0
        var underWay: [String: Int] = [:]
        var mostUnderWay = 0
    }

    private let state = Mutex(State())
    private let reply: @Sendable (Delivery) -> Reply
    /// Yields after each delivery.
    let arrivals: AsyncStream<Void>
    private let arrival: AsyncStream<Void>.Continuation

    private init(_ reply: @escaping @Sendable (Delivery) -> Reply) {
        self.reply = reply
        (arrivals, arrival) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Serves while `body` runs, over TLS if that is given; `body` gets the receiver and its URL.
    static func serving(
        _ reply: @escaping @Sendable (Delivery) -> Reply, over tls: TestTLS? = nil,
        _ body: (TestReceiver, String) async throws -> Void
    ) async throws {
        let scheme = tls == nil ? "http" : "https"
        let receiver = TestReceiver(reply)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    receiver.state.withLock { $0.connections += 1 }
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.context))
                    }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(receiver: receiver))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            try await body(receiver, "\(scheme)://127.0.0.1:\(channel.localAddress?.port ?? 0)/events")
        } catch {
            try await channel.close()
            throw error
        }
        try await channel.close()
    }

    var deliveries: [Delivery] { state.withLock { $0.deliveries } }
    var connections: Int { state.withLock { $0.connections } }
    /// The most deliveries of one workspace that were under way at once.
    var mostUnderWayOfOne: Int { state.withLock { $0.mostUnderWay } }

    /// Waits until what came is enough.
    func wait(_ isEnough: ([Delivery]) -> Bool) async {
        while !isEnough(deliveries) {
            for await _ in arrivals { break }
        }
    }

    /// Waits until one came that is wanted. Looks at each once: thousands come from those that are ill.
    func wait(forOne isWanted: (Delivery) -> Bool) async {
        var seen = 0
        while true {
            let new = state.withLock { Array($0.deliveries.dropFirst(seen)) }
            if new.contains(where: isWanted) { return }
            seen += new.count
            for await _ in arrivals { break }
        }
    }

    fileprivate func receive(_ delivery: Delivery) -> Reply {
        state.withLock { state in
            state.deliveries.append(delivery)
            let count = state.underWay[delivery.workspace, default: 0] + 1
            state.underWay[delivery.workspace] = count
            state.mostUnderWay = max(state.mostUnderWay, count)
        }
        arrival.yield()
        return reply(delivery)
    }

    fileprivate func answered(_ delivery: Delivery) {
        state.withLock { $0.underWay[delivery.workspace, default: 1] -= 1 }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let receiver: TestReceiver
        private var headers = HTTPHeaders()
        private var body: [UInt8] = []

        init(receiver: TestReceiver) { self.receiver = receiver }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): (headers, body) = (head.headers, [])
            case .body(let bytes): body += Array(bytes.readableBytesView)
            case .end:
                let delivery = Delivery(headers: headers, body: body)
                let reply = receiver.receive(delivery)
                // Later, so that two deliveries of one workspace would be seen under way together.
                context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(1)) {
                    self.receiver.answered(delivery)
                    self.answer(reply, context)
                }
            }
        }

        private func trickle(_ context: ChannelHandlerContext, _ part: @escaping () -> NIOAny) {
            context.writeAndFlush(part(), promise: nil)
            context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(20)) {
                if context.channel.isActive { self.trickle(context, part) }
            }
        }

        private func answer(_ reply: Reply, _ context: ChannelHandlerContext) {
            switch reply {
            case .silence: break
            case .hangUp: context.close(promise: nil)
            case .raw(let text):
                let raw = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
                raw?.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: nil)
            case .endless(let status, let text):
                let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status))
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
            case .trickledBody(let status):
                let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status))
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                trickle(context) { self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: "x")))) }
            case .trickledHead:
                let raw = try? context.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
                raw?.writeAndFlush(NIOAny(ByteBuffer(string: "HTTP/1.1 200 OK\r\nx-long: ")), promise: nil)
                if let raw { trickle(raw) { NIOAny(ByteBuffer(string: "x")) } }
            case .status(let status, var headers, let text):
                headers.replaceOrAdd(name: "content-length", value: String(text.utf8.count))
                let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
