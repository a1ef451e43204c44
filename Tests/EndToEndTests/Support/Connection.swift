import Dispatch
import Glibc
import Synchronization

/// A TCP connection that sends exactly the bytes it is given: an HTTP client that shares no code with the server.
final class Connection: Sendable {
    /// What went wrong, and the system's error number where there is one.
    struct Failure: Error {
        let what: String
        var errno: Int32 = 0
    }

    /// Longer than any answer takes, shorter than a test may.
    private static let patience = timeval(tv_sec: 30, tv_usec: 0)

    private let descriptor: Int32
    /// Calls of the socket block, so they have a thread of their own.
    private let queue = DispatchQueue(label: "connection")
    private let received = Mutex<[UInt8]>([])

    /// Connects to a port of this machine.
    static func open(port: UInt16) async throws -> Connection {
        let connection = try Connection()
        try await connection.blocking { descriptor in
            var address = Self.loopback(port)
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let status = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
            }
            guard status == 0 else { throw Failure(what: "connect", errno: errno) }
        }
        return connection
    }

    private init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(what: "socket", errno: errno) }
        var patience = Self.patience
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    deinit {
        close(descriptor)
    }

    /// Sends all bytes.
    func send(_ bytes: [UInt8]) async throws {
        try await blocking { descriptor in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw Failure(what: "send", errno: errno) }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// Sends a text.
    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    /// Ends this side: nothing more is sent.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// The next answer. One to a HEAD has a length and no body.
    func answer(toHead: Bool = false) async throws -> Answer {
        let end = Array("\r\n\r\n".utf8)
        while true {
            let answer = try received.withLock { received -> Answer? in
                guard let head = received.firstRange(of: end) else { return nil }
                var answer = try Answer(head: Array(received[..<head.upperBound]))
                let length = toHead ? 0 : answer.length
                guard received.count >= head.upperBound + length else { return nil }
                answer.body = Array(received[head.upperBound..<head.upperBound + length])
                received.removeFirst(head.upperBound + length)
                return answer
            }
            if let answer { return answer }
            guard try await receive() else { throw Failure(what: "the connection ended before the answer") }
        }
    }

    /// Everything that is left until the server closes the connection.
    func rest() async throws -> [UInt8] {
        while try await receive() {}
        return received.withLock { $0 }
    }

    /// Reads once; false at the end.
    private func receive() async throws -> Bool {
        let bytes = try await blocking { descriptor in
            var chunk = [UInt8](repeating: 0, count: 64 << 10)
            var count = recv(descriptor, &chunk, chunk.count, 0)
            while count < 0, errno == EINTR { count = recv(descriptor, &chunk, chunk.count, 0) }
            guard count >= 0 else { throw Failure(what: "receive", errno: errno) }
            return Array(chunk[..<count])
        }
        received.withLock { $0 += bytes }
        return !bytes.isEmpty
    }

    private func blocking<Result: Sendable>(
        _ body: @escaping @Sendable (Int32) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try body(self.descriptor) }) }
        }
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
