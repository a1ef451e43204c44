import Installations
import Listening
import NIOCore
import NIOHTTP1
import Webhooks

/// The last handler of a connection: takes one request at a time from its head to its answer.
///
/// A webhook walks through `begin` (route, framing, token), `keep` (body), `finish` (to the inbox) and `send`. While an answer
/// is owed the guard decodes nothing.
final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    private let listener: Listener
    private let connection: ConnectionGuard
    private let name: @Sendable (UInt64) -> RequestName
    private var state = RequestState.idle
    private var request = RequestHead()
    private var body = RequestBody()
    /// For what the request writes. One for all requests of the connection: each is told its outcome before the next begins,
    /// and after a withdrawal there is no next.
    private let ticket = WriteTicket()
    /// Whether the deadline has passed while a write had begun.
    private var isOverdue = false
    private var isSending = false
    private var willFlush = false

    init(_ listener: Listener, _ connection: ConnectionGuard) {
        self.listener = listener
        self.connection = connection
        name = listener.nameConnection()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            let fields = RequestFields(head.headers, of: head.version)
            connection.headDecoded(fields.framing)
            begin(head, fields, context)
        case .body(let bytes): keep(bytes, context)
        case .end:
            connection.requestDecoded()
            finish(context)
        }
    }

    // MARK: A request

    private func begin(_ head: HTTPRequestHead, _ fields: RequestFields, _ context: ChannelHandlerContext) {
        let target = listener.router.target(of: head.uri)
        // NIO's decoder stops for good after a request that asks to change the protocol.
        let keepsAlive =
            head.isKeepAlive && !fields.asksToClose && head.method != .CONNECT && fields.upgrade == .none
        request = RequestHead(
            number: request.number + 1, route: target.kind, version: head.version, isHead: head.method == .HEAD,
            keepsAlive: keepsAlive)
        if let violation = fields.violation {
            return send(Answer.badRequest(violation).closing, context)
        }
        var announced = 0
        if case .length(let length) = fields.framing { announced = length }
        guard announced <= listener.configuration.maxBodyBytes else {
            return send(Answer(status: .contentTooLarge, reason: "body_length").closing, context)
        }
        let admission = listener.router.admit(head.method, target, fields)
        // A head that nobody vouches for is a stranger's, and its connection may have to give way until all is there.
        if admission.wantsBody {
            guard connection.begin() else { return }
            do throws(BodyRefusal) {
                try body.makeRoom(for: announced, admission, listener.bodies)
            } catch {
                return send(Answer.unavailable(error.label).closing, context)
            }
        } else {
            connection.waitAnew()
        }
        if fields.expectsContinue {
            // A body that the client has not sent yet is not asked for in vain.
            if case .answered(let answer) = admission { return send(answer.closing, context) }
            context.writeAndFlush(wrapOutboundOut(Answer.goAhead), promise: nil)
        }
        state = .receiving(admission)
    }

    private func keep(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard case .receiving(let admission) = state else { return }
        body.arrived(bytes.readableBytes)
        let maximum = listener.configuration.maxBodyBytes
        guard body.length <= maximum else {
            return send(Answer(status: .contentTooLarge, reason: "body_chunks").closing, context)
        }
        guard admission.wantsBody else { return }
        do throws(BodyRefusal) {
            try body.keep(bytes, upTo: maximum, admission, listener.bodies)
        } catch {
            send(Answer.unavailable(error.label).closing, context)
        }
    }

    private func finish(_ context: ChannelHandlerContext) {
        guard case .receiving(let admission) = state, connection.begin() else { return }
        state = .working
        let reply = replyOnce(context, paying: body.charge)
        let body = body.drain()
        ticket.renew()
        switch admission {
        case .answered(let answer): send(answer, context)
        case .webhook(let admission):
            let loop = LoopCompletion(eventLoop: context.eventLoop)
            listener.webhooks.receive(admission, body: body, ticket: ticket, on: loop) { reply(Answer($0)) }
        // Its own task: a client that goes away, or a deadline, does not stop a commit that has begun. Until then, from its
        // first step on, the ticket decides.
        case .lifecycle(let type, let caller):
            Task { [lifecycle = listener.lifecycle, ticket] in
                await WriteTicket.$current.withValue(ticket) {
                    reply(Answer(await lifecycle.receive(type, from: caller, body: body)))
                }
            }
        case .readiness:
            Task { [readiness = listener.readiness] in
                let word = await readiness()
                reply(word.map(Answer.notReady) ?? .text("ready"))
            }
        }
    }

    /// Sends the answer of the present request from any thread. Nothing happens when that request is over. Whoever is to
    /// call it has the body until then, so the charge is held as long, also after a deadline has answered.
    private func replyOnce(
        _ context: ChannelHandlerContext, paying charge: BodyCharge<InstallationID>?
    ) -> @Sendable (Answer) -> Void {
        let number = request.number
        let eventLoop = context.eventLoop
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: eventLoop)
        return { [charge] answer in
            _ = charge
            if eventLoop.inEventLoop {
                bound.value.handler.reply(answer, to: number, bound.value.context)
            } else {
                eventLoop.execute { bound.value.handler.reply(answer, to: number, bound.value.context) }
            }
        }
    }

    private func reply(_ answer: Answer, to number: UInt64, _ context: ChannelHandlerContext) {
        guard case .working = state, number == request.number else { return }
        if answer.isSilent { return closeSilently() }
        send(isOverdue ? answer.closing : answer, context)
    }

    /// Nobody knows what became of the request's write, and so nothing is said.
    private func closeSilently() {
        state = .closing
        listener.refusedConnection("outcome_unknown")
        connection.close()
    }

    // MARK: An answer

    private func send(_ answer: Answer, _ context: ChannelHandlerContext) {
        let closes = answer.closes || !request.keepsAlive || connection.isLastAnswer
        state = closes ? .closing : .flushing
        body = RequestBody()
        isSending = true
        listener.answered(request.route, answer, to: name(request.number), since: connection.started)
        context.write(wrapOutboundOut(answer.head(version: request.version, closes: closes)), promise: nil)
        if let body = answer.body, !request.isHead { context.write(wrapOutboundOut(body), promise: nil) }
        if closes {
            close(context)
        } else if context.channel.isWritable {
            flushSoon(context)
        } else {
            context.flush()
        }
        isSending = false
        guard !closes else { return }
        // A client that asks and does not read would pile up answers: it gets the next one when this one is gone.
        context.channel.isWritable ? end(context) : connection.isUnread()
    }

    private func close(_ context: ChannelHandlerContext) {
        let flushed = context.eventLoop.makePromise(of: Void.self)
        connection.close(after: flushed.futureResult)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: flushed)
    }

    /// Sends what was written when the event loop has seen to all that is readable now. Whoever reads the answers, a proxy
    /// mostly, sleeps while there are none: woken for each one, by its own write, it costs both sides a third more.
    private func flushSoon(_ context: ChannelHandlerContext) {
        guard !willFlush else { return }
        willFlush = true
        context.eventLoop.assumeIsolated().execute {
            self.willFlush = false
            if context.channel.isActive { context.flush() }
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .flushing = state, !isSending, context.channel.isWritable { end(context) }
        context.fireChannelWritabilityChanged()
    }

    /// Lets the next request come, which may be here already. A row of requests is answered in the guard's loop and not each
    /// within the answer before it.
    private func end(_ context: ChannelHandlerContext) {
        state = .idle
        connection.answered()
        connection.resume()
    }

    // MARK: Trouble

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .closing = state { return }
        guard context.channel.isActive else { return }
        switch error {
        case HTTPParserError.headerOverflow, RequestFault.headTooLarge:
            refuse(Answer(status: .headerFieldsTooLarge, reason: "header_size"), context)
        case RequestFault.chunkWaste: refuse(Answer(status: .contentTooLarge, reason: "chunk_waste"), context)
        case is HTTPParserError, is RequestFault: refuse(.badRequest("malformed"), context)
        default: connection.close()
        }
    }

    /// Answers what is no request, perhaps before a head said anything of it.
    private func refuse(_ answer: Answer, _ context: ChannelHandlerContext) {
        if case .idle = state { request = RequestHead(number: request.number + 1) }
        send(answer.closing, context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is DeadlinePassed: deadlinePassed(context)
        case ChannelEvent.inputClosed:
            if case .idle = state { connection.close() }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func deadlinePassed(_ context: ChannelHandlerContext) {
        switch state {
        case .idle:
            listener.refusedConnection("head_deadline")
            connection.close()
        case .receiving: send(Answer(status: .requestTimeout, reason: "deadline").closing, context)
        case .working where isOverdue: closeSilently()
        // What has begun gets its true answer, if it comes.
        case .working where !ticket.withdraw():
            isOverdue = true
            connection.awaitOutcome()
        case .working: send(Answer.deadline.closing, context)
        case .flushing, .closing: connection.drop()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        state = .closing
        body = RequestBody()
        context.fireChannelInactive()
    }
}
