import HTTPTypes
import Hummingbird
import Listening
import NIOCore
import NIOHTTPTypes

/// Between the decoder and the HTTP library: bounds what the library leaves unbounded.
///
/// - A body has `requestDeadline` to arrive; then the answer is 408. The library would wait for as long as one byte comes
///   now and then.
/// - An answer that comes before the end of its request is the connection's last. The library would read the rest of the
///   body first, however much of it there is. Some of it is let go by for a moment: most clients look for an answer only
///   when they have sent everything.
/// - While an answer is owed nothing of the next request is passed on, so that each answer has its own request.
/// - What is no HTTP gets an answer in this API's form of errors.
/// - A connection that has no complete request may have to give way to a new one.
final class ConnectionBounds: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum Phase {
        /// Between two requests.
        case idle
        /// A request's body is arriving.
        case arriving
        /// A complete request waits for its answer.
        case owing
        /// The last answer was written: what arrives is let go by, and nothing else is written.
        case closing
    }

    private let limits: OperatorLimits
    private let connections: ConnectionTable
    private let pieces: RequestPieces?
    private var place: ConnectionTable.Place?
    private var phase = Phase.idle
    private var held = CircularBuffer<HTTPRequestPart>()
    private var heldBytes = 0
    private var passedBytes = 0
    private var wantsRead = false
    /// Whether the answer to the request in progress has begun.
    private var isAnswering = false
    /// Whether that answer is the last one.
    private var isLast = false
    private var deadline: Scheduled<Void>?
    private var unread: Scheduled<Void>?

    /// `pieces` is put in front of the decoder, when there is one.
    init(_ limits: OperatorLimits, _ connections: ConnectionTable, _ pieces: RequestPieces? = nil) {
        self.limits = limits
        self.connections = connections
        self.pieces = pieces
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        if let pieces {
            do {
                try context.pipeline.syncOperations.addHandler(pieces, position: .first)
            } catch {
                return channel.close(promise: nil)
            }
        }
        place = connections.open(since: NIODeadline.now().uptimeNanoseconds) { channel.close(promise: nil) }
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = follow(unwrapInboundIn(data))
        switch phase {
        case .closing: letGo(part, context)
        case .owing: hold(part, context)
        case .idle, .arriving: pass(part, context)
        }
    }

    /// Tells the pieces what is decoded, whosever turn it is. A head of HTTP/1.0 becomes one that says the same in HTTP/1.1.
    private func follow(_ part: HTTPRequestPart) -> HTTPRequestPart {
        guard let pieces else { return part }
        switch part {
        case .head(var request):
            pieces.headDecoded(request.headerFields)
            guard pieces.isHTTP10 else { return part }
            request.headerFields[.expect] = nil
            if !FieldValue.list(request.headerFields[.connection] ?? "", has: "keep-alive") {
                request.headerFields[.connection] = "close"
            }
            return .head(request)
        case .body: return part
        case .end:
            pieces.requestDecoded()
            return part
        }
    }

    private func pass(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let request): begin(request, context)
        case .body: break
        case .end:
            // It has given way already: nothing of the request may be begun.
            guard place?.begin() ?? true else { return close(context) }
            phase = .owing
            deadline?.cancel()
        }
        guard phase != .closing else { return }
        context.fireChannelRead(wrapInboundOut(part))
    }

    private func begin(_ request: HTTPRequest, _ context: ChannelHandlerContext) {
        phase = .arriving
        // Who sends it is not known here: until all of it is there the connection waits among the others, from now on.
        place?.wait(since: NIODeadline.now().uptimeNanoseconds)
        isLast = FieldValue.list(request.headerFields[.connection] ?? "", has: "close")
        deadline = schedule(after: limits.requestDeadline, context) { handler, context in
            if handler.isAnswering { return handler.close(context) }
            handler.refuse(.http(.requestTimeout), context)
        }
        guard Self.hasSoundHost(request) else { return refuse(.badRequest("Host names no host"), context) }
        if let length = request.headerFields[.contentLength].flatMap(FieldValue.length), length > limits.maxBodyBytes {
            return refuse(.http(.contentTooLarge), context)
        }
        if request.headerFields[.expect]?.lowercased() == "100-continue" {
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
    }

    /// Whether `Host` names one, when it is there: the command line sends none through the socket file.
    private static func hasSoundHost(_ request: HTTPRequest) -> Bool {
        // The first one is the authority; any other stays among the fields.
        if let name = HTTPField.Name("host"), request.headerFields[name] != nil { return false }
        return request.authority.map(FieldValue.isHost) ?? true
    }

    private func hold(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        // A part costs memory beside its bytes.
        heldBytes += 1024
        if case .body(let bytes) = part { heldBytes += bytes.readableBytes }
        guard heldBytes <= limits.maxHeldBytes else {
            // The answer that is owed is sent; what was sent after it is not.
            isLast = true
            return held.removeAll()
        }
        held.append(part)
    }

    private func letGo(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        guard case .body(let bytes) = part else { return }
        passedBytes += bytes.readableBytes
        if passedBytes > limits.maxPassedBytes { close(context) }
    }

    func read(context: ChannelHandlerContext) {
        switch phase {
        case .owing: wantsRead = true
        case .idle, .arriving, .closing: context.read()
        }
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard phase != .closing else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var response):
            isAnswering = true
            if phase == .arriving { isLast = true }
            if isLast { response.headerFields[.connection] = "close" }
            context.write(wrapOutboundOut(.head(response)), promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end where phase == .owing && !isLast:
            context.write(data, promise: promise)
            next(context)
        case .end:
            context.write(data, promise: end(context, promise))
        }
    }

    /// Lets the next request come; it may be here already.
    private func next(_ context: ChannelHandlerContext) {
        phase = .idle
        place?.wait(since: NIODeadline.now().uptimeNanoseconds)
        isAnswering = false
        if !held.isEmpty {
            while phase != .owing, phase != .closing, let part = held.popFirst() { pass(part, context) }
            context.fireChannelReadComplete()
        }
        if held.isEmpty { heldBytes = 0 }
        guard phase == .idle || phase == .arriving, wantsRead else { return }
        wantsRead = false
        context.read()
    }

    /// Answers a request that the HTTP library shall not see, or not to its end.
    private func refuse(_ error: OperatorError, _ context: ChannelHandlerContext) {
        var head = error.response(to: RequestID().description).head
        head.headerFields[.connection] = "close"
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if let body = JSONResponse.bytes(error.body) { context.write(wrapOutboundOut(.body(body)), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: end(context))
    }

    /// Nothing counts any more once the last part of the last answer is written. When it is flushed, the output is closed,
    /// and the rest a moment later: closed at once, bytes still underway to the server would make the kernel reset the
    /// connection, and the client could lose the answer.
    private func end(
        _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>? = nil
    ) -> EventLoopPromise<Void> {
        phase = .closing
        held.removeAll()
        deadline?.cancel()
        let flushed = promise ?? context.eventLoop.makePromise(of: Void.self)
        flushed.futureResult.assumeIsolated().whenComplete { result in
            guard case .success = result else { return context.close(promise: nil) }
            self.place?.wait(since: NIODeadline.now().uptimeNanoseconds)
            context.close(mode: .output, promise: nil)
            self.deadline = self.schedule(after: self.limits.lingerTimeout, context) { $0.close($1) }
        }
        return flushed
    }

    private func close(_ context: ChannelHandlerContext) {
        phase = .closing
        held.removeAll()
        context.close(promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        unread?.cancel()
        unread = nil
        if !context.channel.isWritable {
            unread = schedule(after: limits.unreadTimeout, context) { handler, context in handler.close(context) }
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Trouble

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (error, phase) {
        case (is ChannelError, _), (is IOError, _): context.fireErrorCaught(error)
        case (_, .closing): break
        // The answer that is owed belongs to a sound request; after it nothing can be told apart any more.
        case (_, .owing): isLast = true
        case (_, .idle), (_, .arriving):
            isAnswering ? close(context) : refuse(Self.refusal(error), context)
        }
    }

    private static func refusal(_ error: any Error) -> OperatorError {
        switch error {
        case RequestFault.headTooLarge: .http(.requestHeaderFieldsTooLarge)
        case RequestFault.chunkWaste: .http(.contentTooLarge)
        default: .badRequest("this is not an HTTP request")
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        phase = .closing
        held.removeAll()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        unread?.cancel()
        if let place { connections.leave(place) }
        place = nil
    }

    private func schedule(
        after time: TimeAmount, _ context: ChannelHandlerContext,
        _ action: @escaping (ConnectionBounds, ChannelHandlerContext) -> Void
    ) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: time) { action(self, context) }
    }
}
