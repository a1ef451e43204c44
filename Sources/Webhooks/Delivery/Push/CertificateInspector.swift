import FoundationEssentials
import Installations
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Finds out why a target's certificate is not trusted. The HTTP client says only that it is not, so its certificates are
/// looked at in a handshake of their own, which is broken off whatever they say and carries nothing.
///
/// One look is everybody's for a while: however many deliveries fail, a target gets few of these handshakes.
final class CertificateInspector: Sendable {
    private struct Look {
        let finding: EventLoopFuture<TLSFailure>
        let until: NIODeadline
    }

    /// How long a look is good for.
    private static let pause = TimeAmount.seconds(10)
    /// How long one may take: the target has come that far a moment ago.
    private static let patience = TimeAmount.seconds(2)

    private let group = MultiThreadedEventLoopGroup.singleton
    private let authorities: Authorities
    /// By URL, of which there are as many as targets.
    private let looks = Mutex<[String: Look]>([:])

    /// An inspector for clients that trust `authorities`.
    init(trusting authorities: Authorities) {
        self.authorities = authorities
    }

    /// Why the certificate of the target at `url` is not trusted.
    func cause(at url: String, now: Timestamp) async -> TLSFailure {
        let moment = NIODeadline.now()
        let promise = group.next().makePromise(of: TLSFailure.self)
        let earlier = looks.withLock { looks in
            if let look = looks[url], moment < look.until { return Optional(look.finding) }
            looks[url] = Look(finding: promise.futureResult, until: moment + Self.pause)
            return nil
        }
        if earlier == nil { look(at: url, now, promise) } else { promise.succeed(.untrusted) }
        do {
            return try await (earlier ?? promise.futureResult).get()
        } catch {
            return .untrusted  // Nobody fails the promise.
        }
    }

    /// The first that keeps the promise counts.
    private func look(at text: String, _ now: Timestamp, _ promise: EventLoopPromise<TLSFailure>) {
        guard let url = URL(string: text), let bracketed = url.host() else { return promise.succeed(.untrusted) }
        // An IPv6 host keeps its brackets in some versions.
        let host = bracketed.filter { $0 != "[" && $0 != "]" }
        ClientBootstrap(group: group).connectTimeout(Self.patience)
            .channelInitializer { [authorities] channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = try Self.handler(for: host) { chain in
                        promise.succeed(Self.judge(chain, trusting: authorities, at: now))
                    }
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(host: host, port: url.port ?? 443)
            .whenComplete { result in
                guard case .success(let channel) = result else { return promise.succeed(.untrusted) }
                let end = channel.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
                channel.closeFuture.whenComplete { _ in
                    end.cancel()
                    promise.succeed(.untrusted)
                }
            }
    }

    /// A client that shows the target's certificates and takes none.
    private static func handler(
        for host: String, _ show: @escaping ([NIOSSLCertificate]) -> Void
    ) throws -> NIOSSLClientHandler {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = PushClient.oldestTLS
        configuration.trustRoots = .certificates([])
        let name = SocketAddress.isAddress(host) ? nil : host
        return try NIOSSLClientHandler(
            context: try NIOSSLContext(configuration: configuration), serverHostname: name,
            customVerificationCallback: { chain, verdict in
                show(chain)
                verdict.succeed(.failed)
            })
    }

    /// What is wrong with certificates of which we know that they are not trusted. The own one is the first.
    static func judge(
        _ chain: [NIOSSLCertificate], trusting authorities: Authorities, at now: Timestamp
    ) -> TLSFailure {
        guard let own = chain.first, let last = chain.last else { return .untrusted }
        if own.notValidAfter < now.seconds { return .expired }
        if own.notValidBefore > now.seconds { return .notYetValid }
        let above = chain.dropFirst() + authorities.named(asIssuerOf: last)
        return above.contains { $0.notValidAfter < now.seconds } ? .chainExpired : .unknownAuthority
    }
}

extension SocketAddress {
    fileprivate static func isAddress(_ text: String) -> Bool {
        do {
            _ = try SocketAddress(ipAddress: text, port: 0)
            return true
        } catch {
            return false
        }
    }
}
