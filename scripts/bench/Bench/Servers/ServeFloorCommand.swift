import ArgumentParser
import Foundation
import Glibc
import Marketplace
import NIOCore
import NIOHTTP1
import NIOPosix

/// `bench serve-floor`: what SwiftNIO's HTTP/1.1 costs before anything is decided, and with one RS256 verification what no
/// way of refusing a wrong signature can avoid.
struct ServeFloorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve-floor", abstract: "Read each request to its end and answer 204.")

    @Option(help: "Verify one wrong signature under the first of these keys for each request.")
    var verifyUnder: String?

    func run() async throws {
        let keys = try verifyUnder.map { try TrustedKeys(pem: try String(contentsOfFile: $0, encoding: .utf8)) }
        let channel = try await ServerBootstrap(group: NIOSingletons.posixEventLoopGroup)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: false)
                    try channel.pipeline.syncOperations.addHandler(NoContent(keys))
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

    private let keys: TrustedKeys?
    /// As long as the signed part of a platform's token and its signature.
    private let message = [UInt8](repeating: UInt8(ascii: "a"), count: 220)
    private let signature = [UInt8](repeating: 0x5A, count: 256)

    init(_ keys: TrustedKeys?) {
        self.keys = keys
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        if let keys {
            let message = message
            let isGenuine = keys.verify(signature, over: message.span)
            precondition(!isGenuine)
        }
        context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .noContent))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}

/// Tells whoever started the process where it listens.
func announce(_ address: String) {
    print("ready ingress=http://\(address)")
    fflush(nil)
}
