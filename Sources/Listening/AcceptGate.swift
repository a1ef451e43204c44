import Glibc
package import Logging
package import NIOCore

/// The first handler of a listening socket: accepts no more connections than there are descriptors for.
///
/// - When all places are taken, the connection that waits longest gives way to the new one. When none can, because each is
///   owed an answer, what comes next waits in the kernel; no new connection is closed for it.
/// - Out of descriptors all the same, the system's or the process's, accepting pauses. Left alone the event loop would try
///   again for ever without a rest, and the operator listener's library would take the error for the listener's end.
package final class AcceptGate: ChannelDuplexHandler {
    package typealias InboundIn = any Channel
    package typealias InboundOut = any Channel
    package typealias OutboundIn = Never

    /// Descriptors beyond `maximum` that connections of one listener may hold for a moment: one batch of accepting, and
    /// those that gave way and are not closed yet. Each is closed by its own event loop; were few of them allowed to be on
    /// their way, accepting would wait for another thread to wake each time, and a crowd would come in slower than it comes.
    package static func slack(for maximum: Int) -> Int { acceptedAtOnce + leavingAtOnce(maximum) }

    private static func leavingAtOnce(_ maximum: Int) -> Int { min(max(4, maximum / 4), 512) }
    /// Connections that the kernel keeps until they are accepted. A crowd that comes at once fills a shorter queue, and what
    /// finds it full tries again only after a second, then three.
    package static let backlog: Int32 = 4096
    private static let acceptedAtOnce = 4
    /// How often it is tried again while no connection ends.
    private static let patience = TimeAmount.milliseconds(100)
    /// How long the log keeps quiet about a shortage that it has told.
    private static let quiet = TimeAmount.minutes(1)

    private let table: ConnectionTable
    private let maximum: Int
    private let logger: Logger
    private let gaveWay: @Sendable () -> Void
    private var isPaused = false
    /// Whether it paused because nobody could give way, and not only until those are closed who did.
    private var isCrowded = false
    private var wantsRead = false
    private var timer: Scheduled<Void>?
    private var lastTold: NIODeadline?

    /// A gate for `maximum` connections, whose places are in `table`. `gaveWay` is told of each that gives way.
    package init(
        _ table: ConnectionTable, maximum: Int, logger: Logger, gaveWay: @escaping @Sendable () -> Void
    ) {
        self.table = table
        self.maximum = maximum
        self.logger = logger
        self.gaveWay = gaveWay
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let now = NIODeadline.now()
        table.accepted()
        let bound = NIOLoopBound((gate: self, context: context), eventLoop: context.eventLoop)
        let closed = unwrapInboundIn(data).closeFuture.always { [table] _ in table.closed() }
        closed.hop(to: context.eventLoop).whenComplete { _ in bound.value.gate.resumeIfRoom(bound.value.context) }
        context.fireChannelRead(data)
        // The rest of a batch is here already when the first of it found no room; it takes no place from that one.
        if !isCrowded { makeRoom(waitingBefore: now, context) }
    }

    package func read(context: ChannelHandlerContext) {
        if isPaused { wantsRead = true } else { context.read() }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (error as? IOError)?.errnoCode {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: starve(context)
        case ECONNABORTED: break  // A client that went away before it was accepted.
        default: context.fireErrorCaught(error)
        }
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
    }

    // MARK: Room

    private func makeRoom(waitingBefore moment: NIODeadline, _ context: ChannelHandlerContext) {
        var excess = excess
        while excess > 0, giveWay(waitingBefore: moment) { excess -= 1 }
        isCrowded = excess > 0
        if !resumeIfRoom(context) { pause(context) }
    }

    /// Connections for which there is no place, and which nobody has given way to yet.
    private var excess: Int {
        let held = table.held
        return held.all - held.leaving - maximum
    }

    /// Accepts again if there is room. One that gave way holds its descriptor until its own event loop has closed it.
    @discardableResult
    private func resumeIfRoom(_ context: ChannelHandlerContext) -> Bool {
        guard excess <= 0, table.held.all - maximum < Self.leavingAtOnce(maximum) else { return false }
        resume(context)
        return true
    }

    private func giveWay(waitingBefore moment: NIODeadline) -> Bool {
        guard table.giveWay(waitingBefore: moment.uptimeNanoseconds) else { return false }
        gaveWay()
        return true
    }

    private func starve(_ context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        if lastTold.map({ now - $0 >= Self.quiet }) ?? true {
            lastTold = now
            logger.warning(
                "out of file descriptors or memory: accepting pauses",
                metadata: ["fix": "raise the limit (ulimit -n, LimitNOFILE= of the service), or the system's"])
        }
        _ = giveWay(waitingBefore: now)
        pause(context)
    }

    /// A failed `accept` leaves the socket's event on; only taking automatic reading away switches that off.
    private func pause(_ context: ChannelHandlerContext) {
        guard !isPaused else { return }
        isPaused = true
        setReading(false, context)
        waitForRoom(context)
    }

    private func waitForRoom(_ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: Self.patience) { self.retry(context) }
    }

    /// Nobody has been closed for a while. Those who were let in beyond the places have had a moment to send a head.
    private func retry(_ context: ChannelHandlerContext) {
        makeRoom(waitingBefore: .now() - Self.patience, context)
        if isPaused { waitForRoom(context) }
    }

    private func resume(_ context: ChannelHandlerContext) {
        guard isPaused else { return }
        (isPaused, isCrowded) = (false, false)
        timer?.cancel()
        setReading(true, context)
        guard wantsRead else { return }
        wantsRead = false
        context.read()
    }

    private func setReading(_ isOn: Bool, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        // It fails for a socket that has closed: nothing is accepted there any more.
        do { try context.channel.syncOptions?.setOption(.autoRead, value: isOn) } catch { return }
    }
}
