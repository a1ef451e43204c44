import AsyncHTTPClient
import Glibc
import Marketplace
import NIOCore
import NIOHTTP1
import NIOPosix

/// Sends the stand-in platform's requests.
struct StandInClient: Sendable {
    /// What came back for one request.
    enum Reply: Hashable, Sendable {
        /// A status and an empty body, as every answer to a POST must be: the platform shows bodies to admins.
        case status(Int)
        /// A status with a body.
        case statusWithBody(Int)
        /// The connection ended or the time ran out before an answer.
        case none
    }

    /// Where the requests go.
    let address: ServerAddress
    private let http: HTTPClient

    /// Runs `body` with a client that keeps up to `connections` open, and closes them afterwards.
    static func connected<Result: Sendable>(
        to address: ServerAddress, connections: Int, _ body: (StandInClient) async throws -> Result
    ) async throws -> Result {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(5)
        // Shorter than the server's own limit, so that no request is sent into a connection that is being closed.
        configuration.connectionPool.idleTimeout = .seconds(20)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        // A refused connection is an answer: the developer forgot to start the server.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.redirectConfiguration = .disallow
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let result: Result
        do {
            result = try await body(StandInClient(address: address, http: http))
        } catch {
            try await http.shutdown()
            throw error
        }
        try await http.shutdown()
        return result
    }

    /// Sends one request.
    func post(_ request: StandInRequest) async throws -> Reply {
        var message = HTTPClientRequest(url: address.origin + request.path)
        message.method = .POST
        message.headers.add(name: "Content-Type", value: "application/json")
        for header in request.headers { message.headers.add(name: header.name, value: header.value) }
        message.body = .bytes(request.body)
        do {
            let (status, body) = try await send(message)
            return body.isEmpty ? .status(status) : .statusWithBody(status)
        } catch {
            if Task.isCancelled { throw SimulateError.interrupted }
            if Self.hasNoServer(error) { throw SimulateError.noServer(url: address.origin) }
            return .none
        }
    }

    /// Asks the server for the manifest, as the platform does.
    func manifest(of key: String?) async throws -> Manifest {
        let url = address.manifest(of: key)
        let status: Int
        let bytes: [UInt8]
        do {
            (status, bytes) = try await send(HTTPClientRequest(url: url))
        } catch {
            throw Task.isCancelled ? SimulateError.interrupted : .noServer(url: address.origin)
        }
        guard status == 200 else { throw SimulateError.noManifest(url: url, status: status) }
        return try ManifestFile.parse(bytes, from: url)
    }

    private func send(_ message: HTTPClientRequest) async throws -> (status: Int, body: [UInt8]) {
        try await ExchangeDeadline.run(.seconds(20)) { [http] in
            let response = try await http.execute(message, timeout: .seconds(20))
            let body = try await response.body.collect(upTo: 1 << 20)
            return (Int(response.status.code), Array(body.readableBytesView))
        }
    }

    /// Whether no connection could be made at all. Everything else is an answer that did not come.
    private static func hasNoServer(_ error: any Error) -> Bool {
        switch error {
        case is NIOConnectionError: true
        case let error as HTTPClientError: error == .connectTimeout
        case let error as IOError: [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH].contains(error.errnoCode)
        default: false
        }
    }
}
