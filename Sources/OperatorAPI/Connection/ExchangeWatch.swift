import NIOCore

/// Watches one connection's exchanges by their clock. On the connection's event loop.
final class ExchangeWatch {
    /// Called when a client has had its time.
    var onDue: (ChannelHandlerContext) -> Void = { _ in }
    private var clock: ExchangeClock
    private var timer: Scheduled<Void>?

    init(_ time: TimeAmount) { clock = ExchangeClock(time) }

    /// An exchange begins, or a part of one that has a time of its own.
    func restart(_ time: TimeAmount) {
        clock = ExchangeClock(time)
        stop()
    }

    func clientsTurn(_ context: ChannelHandlerContext) {
        clock.clientsTurn(at: context.eventLoop.now)
        keepWatch(context)
    }

    func serversTurn(_ context: ChannelHandlerContext) { clock.serversTurn(at: context.eventLoop.now) }

    func shorten(to time: TimeAmount, _ context: ChannelHandlerContext) {
        clock.shorten(to: time, at: context.eventLoop.now)
        stop()
        keepWatch(context)
    }

    func stop() {
        timer?.cancel()
        timer = nil
    }

    /// One timer for all turns of an exchange. It never comes too late: what a clock shows as due moves away only.
    private func keepWatch(_ context: ChannelHandlerContext) {
        guard timer == nil, let due = clock.due else { return }
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: due) { self.look(context) }
    }

    private func look(_ context: ChannelHandlerContext) {
        timer = nil
        guard let due = clock.due, due <= context.eventLoop.now else { return keepWatch(context) }
        onDue(context)
    }
}
