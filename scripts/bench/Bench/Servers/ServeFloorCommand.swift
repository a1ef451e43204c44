import ArgumentParser
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// `bench serve-floor`: what SwiftNIO's HTTP/1.1 costs before anything is decided.
struct ServeFloorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve-floor", abstract: "Read each request to its end and answer 204.")

    func run() async throws {
        let channel = try await ServerBootstrap(group: NIOSingletons.posixEventLoopGroup)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: false)
                    try channel.pipeline.syncOperations.addHandler(NoContent())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        announce("127.0.0.1:\(channel.localAddress?.port ?? 0)")
        try await channel.closeFuture.get()
    }
}

/// Answers 204 to everything.
private final class NoContent: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .noContent))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}

/// Tells whoever started the process where it listens.
func announce(_ address: String) {
    print("ready ingress=http://\(address)")
    fflush(nil)
}
