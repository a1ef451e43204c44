import HTTPTypes
import Hummingbird
import Listening
import NIOCore
import NIOHTTPTypes

/// Between the decoder and the HTTP library: bounds what the library leaves unbounded.
///
/// - A request has `requestDeadline` to arrive; then the answer is 408, or none to a head that has no end. The library would
///   wait for as long as one byte comes now and then.
/// - A client has `exchangeTime` for its part of a whole exchange; then the connection is closed, and the rest of the answer
///   dropped with it. The library would wait for as long as the client reads a byte now and then.
/// - An answer that comes before the end of its request is the connection's last. The library would read the rest of the
///   body first, however much of it there is. Some of it is let go by for a moment: most clients look for an answer only
///   when they have sent everything.
/// - Until an answer is sent nothing of the next request is passed on, so that each answer has its own request, and a client
///   that asks and does not read piles up no answers.
/// - What is no HTTP gets an answer in this API's form of errors.
/// - A connection that has no complete request, or only an answer to be read, may have to give way to a new one.
/// - Whoever works for a client that has hung up is told, and whose answer was not sent to its end.
final class ConnectionBounds: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum Phase {
        /// Between two requests.
        case idle
        /// A request's head is arriving.
        case beginning
        /// A request's body is arriving.
        case arriving
        /// A complete request waits for its answer, or the answer to be sent.
        case owing
        /// The last answer was written: what arrives is let go by, and nothing else is written.
        case closing
    }

    private let limits: OperatorLimits
    private let connections: ConnectionTable
    private let pieces: RequestPieces?
    private var place: ConnectionTable.Place?
    private var phase = Phase.idle
    private var held: HeldParts
    private var passedBytes = 0
    private var wantsRead = false
    /// Whether the answer to the request in progress has begun.
    private var isAnswering = false
    /// Whether that answer is the last one.
    private var isLast = false
    /// Parts of answers that were written and are not sent.
    private var unsent = 0
    private var closing: EventLoopPromise<Void>?
    private var deadline: Scheduled<Void>?
    private let watch: ExchangeWatch
    private var isQuiescing = false
    /// Whether the answer in progress is a long one, whose client has `partTime` for each part of it. Set on the event loop.
    var givesTimeForEachPart = false
    /// Told on the event loop.
    var client = ClientPresence()

    /// `pieces` is put in front of the decoder, when there is one.
    init(_ limits: OperatorLimits, _ connections: ConnectionTable, _ pieces: RequestPieces? = nil) {
        self.limits = limits
        self.connections = connections
        self.pieces = pieces
        held = HeldParts(maxBytes: limits.maxHeldBytes)
        watch = ExchangeWatch(limits.exchangeTime)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        do {
            try UnsentBytes.bound(limits.sendBuffer, on: context.channel)
            if let pieces { try context.pipeline.syncOperations.addHandler(pieces, position: .first) }
        } catch {
            return context.close(promise: nil)
        }
        pieces?.onFirstByte = { [unowned self] in firstByte(context) }
        watch.onDue = { [unowned self] context in
            UnsentBytes.drop(of: context.channel)
            close(context)
        }
        let (eventLoop, bound) = (context.eventLoop, NIOLoopBound((self, context), eventLoop: context.eventLoop))
        place = connections.open(since: NIODeadline.now().uptimeNanoseconds) {
            // Not through the pipeline, where closing waits for what is not sent.
            eventLoop.execute {
                let (handler, context) = bound.value
                if handler.place != nil { handler.close(context) }
            }
        }
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        // Whosever turn it is.
        if let pieces { part = pieces.follow(part) }
        switch phase {
        case .closing: letGo(part, context)
        case .owing: hold(part, context)
        case .idle, .beginning, .arriving: pass(part, context)
        }
    }

    /// A request begins, whose turn it may not be yet.
    private func firstByte(_ context: ChannelHandlerContext) {
        if phase == .idle { startTime(context) }
    }

    private func startTime(_ context: ChannelHandlerContext) {
        phase = .beginning
        watch.restart(isQuiescing ? limits.drainTime : limits.exchangeTime)
        watch.clientsTurn(context)
        deadline = schedule(after: limits.requestDeadline, context) { handler, context in
            // Nobody is owed an answer to half a head, and the rest of one that has begun cannot be another one.
            if handler.phase == .beginning || handler.isAnswering { return handler.close(context) }
            handler.refuse(.http(.requestTimeout), context)
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
            if unsent == 0 { watch.serversTurn(context) }
        }
        guard phase != .closing else { return }
        context.fireChannelRead(wrapInboundOut(part))
    }

    private func begin(_ request: HTTPRequest, _ context: ChannelHandlerContext) {
        if phase == .idle { startTime(context) }
        phase = .arriving
        // Who sends it is not known here: until all of it is there the connection waits among the others, from now on.
        place?.wait(since: NIODeadline.now().uptimeNanoseconds)
        isLast = FieldValue.list(request.headerFields[.connection] ?? "", has: "close")
        // The command line sends none through the socket file.
        let needsHost = pieces?.isHTTP10 == false && context.channel.localAddress?.protocol != .unix
        if let refusal = RequestRefusal.of(request, limits, needsHost: needsHost) { return refuse(refusal, context) }
        if request.headerFields[.expect]?.lowercased() == "100-continue" {
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
    }

    private func hold(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        // The answer that is owed is sent; what was sent after it is not answered.
        if !held.append(part) { isLast = true }
    }

    private func letGo(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        guard case .body(let bytes) = part else { return }
        passedBytes += bytes.readableBytes
        if passedBytes > limits.maxPassedBytes { close(context) }
    }

    func read(context: ChannelHandlerContext) {
        switch phase {
        case .owing: wantsRead = true
        case .idle, .beginning, .arriving, .closing: context.read()
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
            send(.head(response), context, promise)
        case .body(let bytes):
            send(.body(bytes), context, promise)
        case .end(let trailers) where phase == .owing && !isLast:
            // What is left of the exchange is the client's: who does not read may have to give way.
            place?.wait(since: NIODeadline.now().uptimeNanoseconds)
            send(.end(trailers), context, promise) { handler, context in
                guard handler.phase == .owing else { return }
                // Something came meanwhile after which nothing can be answered.
                handler.isLast ? handler.linger(context) : handler.next(context)
            }
        case .end(let trailers):
            end(trailers, context, promise)
        }
    }

    /// Writes a part of an answer. From now on it is the client's turn, until all that was written is sent.
    private func send(
        _ part: HTTPResponsePart, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>? = nil,
        then: @escaping (ConnectionBounds, ChannelHandlerContext) -> Void = { _, _ in }
    ) {
        let sent = promise ?? context.eventLoop.makePromise(of: Void.self)
        unsent += 1
        if givesTimeForEachPart, !isQuiescing { watch.restart(limits.partTime) }
        watch.clientsTurn(context)
        sent.futureResult.assumeIsolated().whenComplete { result in
            self.unsent -= 1
            if self.unsent == 0 {
                if self.phase != .arriving { self.watch.serversTurn(context) }
                if let closing = self.closing { return context.close(promise: closing) }
            }
            if case .success = result { then(self, context) }
        }
        context.write(wrapOutboundOut(part), promise: sent)
    }

    /// Lets the next request come; it may be here already.
    private func next(_ context: ChannelHandlerContext) {
        phase = .idle
        place?.wait(since: NIODeadline.now().uptimeNanoseconds)
        (isAnswering, givesTimeForEachPart) = (false, false)
        client.answered()
        if !held.isEmpty {
            while phase != .owing, phase != .closing, let part = held.popFirst() { pass(part, context) }
            context.fireChannelReadComplete()
        }
        if phase == .idle, let pieces, !pieces.isAtRest { startTime(context) }
        guard phase != .owing, phase != .closing, wantsRead else { return }
        wantsRead = false
        context.read()
    }

    /// Answers a request that the HTTP library shall not see, or not to its end.
    private func refuse(_ error: OperatorError, _ context: ChannelHandlerContext) {
        var head = error.response(to: RequestID().description).head
        head.headerFields[.connection] = "close"
        send(.head(head), context)
        if let body = JSONResponse.bytes(error.body) { send(.body(body), context) }
        end(nil, context)
        context.flush()
    }

    /// Nothing counts any more once the last part of the last answer is written. When it is sent, the output is closed,
    /// and the rest a moment later: closed at once, bytes still underway to the server would make the kernel reset the
    /// connection, and the client could lose the answer.
    private func end(
        _ trailers: HTTPFields?, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>? = nil
    ) {
        phase = .closing
        held.removeAll()
        deadline?.cancel()
        place?.wait(since: NIODeadline.now().uptimeNanoseconds)
        send(.end(trailers), context, promise) { $0.linger($1) }
    }

    private func linger(_ context: ChannelHandlerContext) {
        phase = .closing
        held.removeAll()
        client.answered()
        place?.wait(since: NIODeadline.now().uptimeNanoseconds)
        context.close(mode: .output, promise: nil)
        deadline = schedule(after: limits.lingerTimeout, context) { $0.close($1) }
    }

    /// At a shutdown the library closes behind the last part that it has written, whatever of it is still here.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .all, unsent > 0 else { return context.close(mode: mode, promise: promise) }
        phase = .closing
        held.removeAll()
        let closing = closing ?? context.eventLoop.makePromise(of: Void.self)
        closing.futureResult.cascade(to: promise)
        self.closing = closing
    }

    private func close(_ context: ChannelHandlerContext) {
        phase = .closing
        held.removeAll()
        context.close(promise: nil)
    }

    // MARK: Trouble

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            isQuiescing = true
            watch.shorten(to: limits.drainTime, context)
        case ChannelEvent.inputClosed: client.hungUp()
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (error, phase) {
        case (is ChannelError, _), (is IOError, _): context.fireErrorCaught(error)
        case (_, .closing): break
        // The answer that is owed belongs to a sound request; after it nothing can be told apart any more.
        case (_, .owing): isLast = true
        case (_, .idle), (_, .beginning), (_, .arriving):
            isAnswering ? close(context) : refuse(RequestRefusal.of(error), context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        phase = .closing
        held.removeAll()
        client.gone()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        watch.stop()
        pieces?.onFirstByte = nil
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
