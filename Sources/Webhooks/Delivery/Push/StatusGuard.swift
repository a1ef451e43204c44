import NIOCore
import NIOHTTP1

/// In front of the client library, which waits for another head behind every status below 200, and traps at the end of an answer
/// whose only status was below 100: that one is no HTTP (RFC 9110, section 15), and its connection ends.
final class StatusGuard: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart

    /// What a target answers that is no status.
    struct NotAStatus: Error {}

    private var isOver = false

    /// Puts one behind the decoder of a new connection.
    @Sendable static func install(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPResponseDecoder>.self)
            try pipeline.addHandler(StatusGuard(), position: .after(decoder))
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        if case .head(let head) = unwrapInboundIn(data), head.status.code < 100 {
            isOver = true
            context.fireErrorCaught(NotAStatus())
            return context.close(promise: nil)
        }
        context.fireChannelRead(data)
    }
}
