import AsyncHTTPClient
import Glibc
import Installations
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import ServiceLifecycle

/// Sends deliveries over HTTP: connections are kept and reused, redirects are not followed (they would carry an event
/// somewhere nobody configured), certificates are verified, and nothing waits for ever.
package final class PushClient: Service, CustomStringConvertible {
    /// Bounds of one delivery.
    package struct Limits: Sendable {
        /// Until a connection stands.
        package var connect = Duration.seconds(5)
        /// The whole exchange: until the status has come, which settles it.
        package var answer = Duration.seconds(15)
        /// How long the rest of a short answer may take that keeps its connection in use.
        package var body = Duration.milliseconds(100)
        /// Connections to one target.
        package var connections = 128

        /// The limits of `serve`.
        package init() {}
    }

    /// Bytes of an answer's body that are read; a longer one costs the target its connection, a slower one too.
    private static let bodyLimit = 1024

    /// Older versions are broken (RFC 8996).
    static let oldestTLS = TLSVersion.tlsv12

    private let http: HTTPClient
    private let limits: Limits
    private let inspector: CertificateInspector

    /// A client that trusts `authorities`; it must run. No proxy of the environment is asked: an event goes where the
    /// configuration says.
    package init(limits: Limits = Limits(), trusting authorities: Authorities = .system) {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = authorities.roots
        tls.minimumTLSVersion = Self.oldestTLS
        inspector = CertificateInspector(trusting: authorities)
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        configuration.timeout.connect = TimeAmount(limits.connect)
        configuration.timeout.read = TimeAmount(limits.answer)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = limits.connections
        // Shorter than what servers keep idle connections for by default, so that no event is sent into one that closes.
        configuration.connectionPool.idleTimeout = .seconds(4)
        // A refused connection is an answer to us: the schedule decides when it is tried again.
        configuration.connectionPool.retryConnectionEstablishment = false
        // One event a connection: what is bounded and watched here is HTTP/1.1.
        configuration.httpVersion = .http1Only
        configuration.http1_1ConnectionDebugInitializer = StatusGuard.install
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.limits = limits
    }

    package var description: String { "push client" }

    /// Stays until shut down, then closes all connections.
    package func run() async throws {
        try? await gracefulShutdown()  // Throws when cancelled; the connections are closed either way.
        try await http.shutdown()
    }

    /// Delivers one event; nil when cancelled before anything is known.
    func send(_ event: WaitingEvent, to target: PushTarget, now: Now) async -> DeliveryOutcome? {
        do {
            let response = try await http.execute(
                target.request(for: event, at: now()), timeout: TimeAmount(limits.answer))
            let asked = response.headers.first(name: "retry-after").flatMap { RetryAfter.parse($0, now: now()) }
            await finish(response)
            return .answered(status: Int(response.status.code), retryAfter: asked)
        } catch is CancellationError {
            return nil
        } catch let error as HTTPClientError where error == .cancelled {
            return nil
        } catch {
            let failure = Self.failure(error)
            guard failure == .tls(.untrusted), !Task.isCancelled else { return .failed(failure) }
            return .failed(.tls(await inspector.cause(at: target.url, now: now())))
        }
    }

    /// Reads a short body that is there, so that the connection can be used again; one that is not goes with its
    /// connection. What it says is not kept: it may repeat the event.
    ///
    /// The status has been read, and it decides: a target that trickles its body takes a place for this moment only.
    private func finish(_ response: HTTPClientResponse) async {
        let length = response.headers.first(name: "content-length").flatMap { Int($0) }
        if response.status == .noContent || length == 0 { return await Self.read(response.body) }
        if let length, length > Self.bodyLimit { return }
        await withTaskGroup { tasks in
            tasks.addTask { await Self.read(response.body) }
            tasks.addTask { [limits] in
                try? await Task.sleep(for: limits.body)  // Cancelled: the body has ended.
            }
            await tasks.next()
            tasks.cancelAll()
        }
    }

    private static func read(_ body: HTTPClientResponse.Body) async {
        var count = 0
        do {
            for try await part in body {
                count += part.readableBytes
                if count > bodyLimit { return }
            }
        } catch {
            return  // Too long, too late or cut off: the connection is gone, and nothing else.
        }
    }

    private static func failure(_ error: any Error) -> DeliveryFailure {
        if let failure = TLSFailure(error) { return .tls(failure) }
        switch error {
        case let error as HTTPClientError:
            switch error {
            case .connectTimeout: return .cannotConnect
            case .readTimeout, .deadlineExceeded, .getConnectionFromPoolTimeout: return .timeout
            default: return .connectionLost
            }
        case is NIOConnectionError, is SocketAddressError: return .cannotConnect
        case let error as IOError where error.errnoCode == ECONNREFUSED: return .cannotConnect
        default: return .connectionLost
        }
    }
}
