import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import OperatorAPI
import Synchronization

/// Asks the operator API over `innkeeper.sock`.
///
/// Answers are bounded, and read whole. So is the time of a whole exchange, its
/// body included: a server that hangs, or trickles, holds no command for ever, and a reader of what a command writes holds
/// no exchange. Work that takes as long as it takes
/// (verifying a long audit log, a backup) has no bound but Ctrl-C.
struct OperatorClient: Sendable {
    /// The largest answer that is read whole; a page of 500 rows stays far below.
    static let answerLimit = 16 << 20
    /// The largest body of an event that is read; the server's own bound is far below by default.
    static let bodyLimit = 1 << 30
    /// The whole of an exchange; the server withdraws a write that waits longer than a quarter of it.
    static let patience = Duration.seconds(60)

    private let http: HTTPClient
    private let base: String
    private let patience: Duration
    private let progress = Progress()

    /// A client for one socket. The HTTP client is the caller's to shut down.
    init(http: HTTPClient, socket: String, patience: Duration = Self.patience) {
        self.http = http
        self.patience = patience
        // The socket's path is the host part of the URL, so its slashes are escaped too.
        base = "http+unix://" + OperatorPath.escape(socket)
    }

    /// Runs `body` with a client and closes its connections.
    static func with<Result>(
        socket: String, patience: Duration = Self.patience, _ body: (OperatorClient) async throws -> Result
    ) async throws -> Result {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(5)
        // Trying again is decided by the session, which knows whether a server is there.
        configuration.connectionPool.retryConnectionEstablishment = false
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let result: Result
        do {
            result = try await body(OperatorClient(http: http, socket: socket, patience: patience))
        } catch {
            try await http.shutdown()
            throw error
        }
        try await http.shutdown()
        return result
    }

    /// Reads one answer.
    func get<Answer: Decodable>(
        _ path: OperatorPath, as: Answer.Type = Answer.self, isLong: Bool = false
    ) async throws -> Answer {
        try Self.decode(try await exchange(.GET, path, body: nil, isLong: isLong))
    }

    /// Asks for something to be done.
    func post<Answer: Decodable>(
        _ path: OperatorPath, _ body: some Encodable, as: Answer.Type = Answer.self, isLong: Bool = false
    ) async throws -> Answer {
        let body = Array(try JSONEncoder().encode(body))
        return try Self.decode(try await exchange(.POST, path, body: body, isLong: isLong))
    }

    /// Asks for long work, whose answer is a line for each step and at last a report.
    func work<Report: Codable & Sendable>(
        _ path: OperatorPath, _ body: some Encodable, as: Report.Type = Report.self,
        progress: (ProgressJSON) -> Void
    ) async throws -> Report {
        let response = try await send(.POST, path, body: Array(try JSONEncoder().encode(body)))
        var rest = ByteBuffer()
        var report: Report?
        try await Self.transport {
            for try await part in response.body {
                rest.writeImmutableBuffer(part)
                while let end = rest.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                    let line = rest.readBytes(length: end - rest.readerIndex + 1) ?? []
                    do {
                        let line: WorkLineJSON<Report> = try Self.decode(Data(line))
                        if let step = line.progress { progress(step) }
                        if let error = line.error {
                            throw OperatorRefusal.error(status: line.status ?? 500, error)
                        }
                        report = line.report ?? report
                    } catch {
                        throw WriteFailure(cause: error)
                    }
                }
                rest.discardReadBytes()
                guard rest.readableBytes <= Self.answerLimit else { throw ConnectionLost(mayRepeat: false) }
            }
        }
        // An answer that ends without a report is a server that was stopped.
        guard let report else { throw ConnectionLost(mayRepeat: false) }
        return report
    }

    /// Asks for something to be done that needs nothing said.
    func post<Answer: Decodable>(_ path: OperatorPath, as: Answer.Type = Answer.self) async throws -> Answer {
        try Self.decode(try await exchange(.POST, path, body: []))
    }

    /// Asks for something to be done that has no answer but its status.
    func post(_ path: OperatorPath) async throws {
        _ = try await exchange(.POST, path, body: [])
    }

    /// Removes something.
    func delete(_ path: OperatorPath) async throws {
        _ = try await exchange(.DELETE, path, body: nil)
    }

    /// Reads the bytes of one answer.
    func bytes(_ path: OperatorPath) async throws -> Data {
        try await exchange(.GET, path, body: nil, limit: Self.bodyLimit)
    }

    /// Asks for a backup and passes its bytes on as they arrive. Returns the id by which it is kept, once it had as many bytes
    /// as it was said to have.
    func receiveBackup(
        _ body: BackupRequestJSON, to write: (ByteBufferView) async throws -> Void
    ) async throws -> String {
        let response = try await send(.POST, OperatorPath("backup"), body: Array(try JSONEncoder().encode(body)))
        guard let id = response.headers.first(name: BackupFields.id),
            let length = response.headers.first(name: "content-length").flatMap({ Int64($0) })
        else { throw Self.notUnderstood }
        var received: Int64 = 0
        try await Self.transport {
            for try await part in response.body {
                received += Int64(part.readableBytes)
                do { try await write(part.readableBytesView) } catch { throw WriteFailure(cause: error) }
            }
            guard received == length else { throw ConnectionLost(mayRepeat: false) }
        }
        return id
    }

    /// One whole exchange.
    private func exchange(
        _ method: HTTPMethod, _ path: OperatorPath, body: [UInt8]?, isLong: Bool = false, limit: Int = Self.answerLimit
    ) async throws -> Data {
        let ask: @Sendable () async throws -> ByteBuffer = {
            let response = try await send(method, path, body: body)
            return try await Self.transport { try await response.body.collect(upTo: limit) }
        }
        do {
            let bytes = isLong ? try await ask() : try await ExchangeDeadline.run(patience, ask)
            return Data(bytes.readableBytesView)
        } catch is ExchangeDeadline.Passed {
            throw CommandError(
                .unavailable, "the server did not answer in time", hint: "see what was done before it is tried again")
        }
    }

    private static func decode<Answer: Decodable>(_ bytes: Data) throws -> Answer {
        do {
            return try JSONDecoder().decode(Answer.self, from: bytes)
        } catch {
            throw notUnderstood
        }
    }

    private static let notUnderstood = CommandError(
        .failure, "the server's answer is not understood",
        hint: "use the same version of innkeeper for the server and the command line")

    /// Sends a request; any status but success becomes an error.
    private func send(_ method: HTTPMethod, _ path: OperatorPath, body: [UInt8]?) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: base + path.target)
        request.method = method
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(body)
        }
        // The deadline is the whole exchange's, and Ctrl-C cancels what has none.
        // Once something was answered, rows may have been shown, and a repetition would show them twice.
        let response = try await Self.transport(mayRepeat: method == .GET && !progress.hasAnswer) {
            try await http.execute(request, deadline: .distantFuture)
        }
        progress.noteAnswer()
        guard !(200...299).contains(response.status.code) else { return response }
        let bytes = try await Self.transport { try await response.body.collect(upTo: Self.answerLimit) }
        throw OperatorRefusal.error(
            status: Int(response.status.code), body: Data(bytes.readableBytesView),
            retryAfter: response.headers.first(name: "retry-after"))
    }
}

extension OperatorClient {
    /// The connection broke. `mayRepeat` when nothing was asked for that must not happen twice.
    struct ConnectionLost: Error {
        let mayRepeat: Bool
    }

    /// Whether this client got an answer yet.
    private final class Progress: Sendable {
        private let answered = Mutex(false)

        var hasAnswer: Bool { answered.withLock { $0 } }

        func noteAnswer() { answered.withLock { $0 = true } }
    }

    /// An error of the caller's own, carried through the code that handles errors of the connection.
    private struct WriteFailure: Error {
        let cause: any Error
    }

    /// Runs something on the connection; every error of the connection becomes `ConnectionLost`.
    private static func transport<Result>(
        mayRepeat: Bool = false, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let failure as WriteFailure {
            throw failure.cause
        } catch let error as CancellationError {
            throw error
        } catch let error as HTTPClientError where error == .cancelled {
            throw CancellationError()
        } catch {
            throw ConnectionLost(mayRepeat: mayRepeat)
        }
    }
}
