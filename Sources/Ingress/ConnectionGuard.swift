import Listening
import NIOCore
import NIOHTTP1

/// Tells the request handler that the request in progress has had its time.
struct DeadlinePassed {}

/// The first handler of a connection: sees raw bytes, and bounds what a client can cost before anybody knows it.
///
/// - A request has `requestDeadline` from its first byte to the last byte of its answer, and a write that has begun
///   `outcomeTimeout` more; a pipelined one from the
///   moment the answer before it was sent. Between requests a connection has `idleTimeout`.
/// - The decoder gets what `BoundedDecoder` lets it have.
/// - While an answer is owed no further byte is decoded and at most one read is kept, so a client that pipelines costs the
///   bytes it sent and not the many times larger requests they become.
/// - After the last answer nothing is read any more: the output is closed, which the client sees as the end, and the
///   rest `lingerTimeout` later. Closed at once, bytes still underway to the server would make the kernel reset the
///   connection and the client could lose the answer.
/// - Until a request is worth an answer, and again while its client does not read the answer, the connection may have to give
///   way to a new one.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private enum Phase { case idle, request, closing }

    /// What is held back for an answer. NIO reads beyond what was asked for only after the client closed its side.
    private static let maxHeldBytes = 128 << 10

    private let listener: Listener
    private let decoder: BoundedDecoder
    private let requestDeadline: TimeAmount
    private let idleTimeout: TimeAmount

    private var context: ChannelHandlerContext?
    private var place: ConnectionTable.Place?
    private var phase = Phase.idle
    private var due = NIODeadline.now()
    private var timer: Scheduled<Void>?
    /// When the request in progress began.
    private(set) var started = NIODeadline.now()

    private var held = ByteBuffer()
    private var isFeeding = false
    private var wantsRead = false
    private var inputEnded = false
    private var isQuiescing = false
    /// When a request has had its time, however late it began: the server is about to end.
    private var drainDue = NIODeadline.distantFuture
    /// Whether all of the last answer is sent.
    private var isSent = false
    /// Complete requests without an answer.
    private var owed = 0

    init(_ listener: Listener) {
        self.listener = listener
        decoder = BoundedDecoder(listener.configuration)
        requestDeadline = TimeAmount(listener.configuration.requestDeadline)
        idleTimeout = TimeAmount(listener.configuration.idleTimeout)
    }

    // MARK: What the request handler tells

    /// The decoder has completed a head.
    func headDecoded(_ framing: RequestCourse.Framing?) { decoder.headDecoded(framing) }

    /// The decoder has completed a request.
    func requestDecoded() {
        decoder.requestDecoded()
        owed += 1
    }

    /// Whether the answer to be sent is the connection's last.
    var isLastAnswer: Bool {
        isQuiescing || (inputEnded && owed <= 1 && held.readableBytes == 0)
    }

    /// The request in progress is worth an answer: somebody vouches for it, or it is complete. False when the connection
    /// has given way meanwhile; then it is closed, and nothing of the request may be begun.
    func begin() -> Bool {
        if place?.begin() ?? true { return true }
        close()
        return false
    }

    /// A stranger's head is complete: the connection waits among the others from now on.
    func waitAnew() { place?.wait(since: NIODeadline.now().uptimeNanoseconds) }

    /// The answer was written, and the client does not take it.
    func isUnread() { place?.wait(since: NIODeadline.now().uptimeNanoseconds) }

    /// The answer to a complete request was sent and the connection goes on.
    func answered() {
        owed -= 1
        guard phase != .closing else { return }
        let isBusy = owed > 0 || !decoder.isAtRest || held.readableBytes > 0
        enter(isBusy ? .request : .idle)
        place?.wait(since: started.uptimeNanoseconds)
    }

    /// The answer is sent and its request handler is ready for the next request.
    func resume() {
        guard let context, phase != .closing else { return }
        feed(context)
    }

    /// The deadline has passed, but what the request asks for has begun: the deadline is told again when that has had its
    /// time.
    func awaitOutcome() {
        due = .now() + TimeAmount(listener.configuration.outcomeTimeout)
    }

    /// The connection's last answer was written; it ends when `flushed` has succeeded.
    func close(after flushed: EventLoopFuture<Void>) {
        phase = .closing
        held.clear()
        isUnread()
        flushed.assumeIsolated().whenComplete { result in
            guard let context = self.context else { return }
            guard case .success = result else { return context.close(promise: nil) }
            self.isSent = true
            let now = NIODeadline.now()
            self.due = now + TimeAmount(self.listener.configuration.lingerTimeout)
            self.arm(context)
            self.place?.wait(since: now.uptimeNanoseconds)
            context.close(mode: .output, promise: nil)
        }
    }

    /// Closes without what is left of an answer: its client has had its time to read it.
    func drop() {
        if let channel = context?.channel { UnsentBytes.drop(of: channel) }
        close()
    }

    /// Closes without an answer.
    func close() {
        phase = .closing
        held.clear()
        // An answer of this turn may wait for its end.
        context?.flush()
        context?.close(promise: nil)
    }

    // MARK: Bytes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase != .closing else { return }
        var bytes = unwrapInboundIn(data)
        if phase == .idle { enter(.request) }
        if held.readableBytes == 0 {
            held = bytes
        } else if held.readableBytes + bytes.readableBytes <= Self.maxHeldBytes {
            held.writeBuffer(&bytes)
        } else {
            // What is held begins with a request that nobody has seen yet, so none is lost that was accepted.
            held.clear()
            isQuiescing = true
        }
        feed(context)
    }

    /// Gives the decoder what it may have.
    private func feed(_ context: ChannelHandlerContext) {
        guard !isFeeding else { return }
        isFeeding = true
        defer { isFeeding = false }
        while owed == 0, phase != .closing, held.readableBytes > 0 {
            do throws(RequestFault) {
                if let piece = try decoder.next(&held) { decoder.decode(piece, context) }
            } catch {
                held.clear()
                context.fireErrorCaught(error)
            }
        }
        guard owed == 0, phase != .closing else { return }
        if inputEnded { return endInput(context) }
        if wantsRead {
            wantsRead = false
            context.read()
        }
    }

    func read(context: ChannelHandlerContext) {
        guard phase != .closing else { return }
        if held.readableBytes > 0 {
            wantsRead = true
        } else {
            context.read()
        }
    }

    /// One read ahead, also while an answer is owed: stopping and starting the socket's events would cost two system calls
    /// for each request.
    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        read(context: context)
    }

    private func endInput(_ context: ChannelHandlerContext) {
        if phase == .idle { return close() }
        decoder.end(context)
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    // MARK: Time

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        decoder.add(to: context)
        enter(.idle)
        let channel = context.channel
        place = listener.connections.open(since: started.uptimeNanoseconds) { channel.close(promise: nil) }
        arm(context)
        if listener.isShuttingDown { quiesce(context) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        phase = .closing
        held.clear()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        if let place { listener.connections.leave(place) }
        place = nil
        decoder.remove(from: context)
        self.context = nil
    }

    private func enter(_ next: Phase) {
        phase = next
        started = .now()
        due = min(started + (next == .idle ? idleTimeout : requestDeadline), drainDue)
    }

    /// One timer per connection, which looks at least as often as the shorter of both times: no request has to start or
    /// stop one.
    private func arm(_ context: ChannelHandlerContext) {
        timer?.cancel()
        let next = min(due, .now() + min(requestDeadline, idleTimeout))
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: next) { self.look(context) }
    }

    private func look(_ context: ChannelHandlerContext) {
        timer = nil
        guard due <= .now() else { return arm(context) }
        switch phase {
        case .closing where !isSent: drop()
        case .idle, .closing: close()
        case .request:
            // The answer, if there is one, has the linger time and no more.
            due = .now() + TimeAmount(listener.configuration.lingerTimeout)
            context.fireUserInboundEventTriggered(DeadlinePassed())
            if self.context != nil { arm(context) }
        }
    }

    // MARK: Events

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: quiesce(context)
        case ChannelEvent.inputClosed:
            guard phase != .closing else { return close() }
            inputEnded = true
            feed(context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    /// A request that has begun is answered, then the connection closes; all of it within the drain time.
    private func quiesce(_ context: ChannelHandlerContext) {
        // Half a head is nobody's request: whoever sends it byte by byte would hold up the shutdown.
        if phase == .idle || phase == .request && owed == 0 && !decoder.isInBody { return close() }
        isQuiescing = true
        // Nor does who holds a body back, or does not read the answer.
        drainDue = .now() + TimeAmount(listener.configuration.drainRequestTimeout)
        due = min(due, drainDue)
        arm(context)
        let drainTimeout = TimeAmount(listener.configuration.drainTimeout)
        _ = context.eventLoop.assumeIsolated().scheduleTask(in: drainTimeout) { self.close() }
    }
}
