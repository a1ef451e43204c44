import Glibc
import Hummingbird
import Installations
import Logging
import TestSupport
import Testing

@testable import OperatorAPI

/// Who comes over a socket file.
@Suite(.timeLimit(.minutes(1))) struct PeerUserTests {
    @Test func `the log names the user that the kernel knows, whoever the server is`() async throws {
        let harness = try await Harness()
        let path = harness.deployment.test.directory.path + "/s"
        let (listening, continuation) = AsyncStream.makeStream(of: Void.self)
        let application = OperatorServer(services: harness.services).application(
            at: .unixDomainSocket(path: path), access: .local(userID: 4711),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, onListening: { _ in continuation.yield() })
        let serving = Task { try await application.run() }
        _ = await listening.first { _ in true }
        #expect(Self.ask(path, "POST /api/v1/keys HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n"))
        serving.cancel()
        let newest = try await harness.services.audit.auditRecords(since: nil, of: nil, page: PageRequest(limit: 1))
        #expect(newest.items.map(\.entry.actor) == ["local:\(geteuid())"])
    }

    /// Sends a request and waits for the first of its answer. Whether there is one.
    private static func ask(_ path: String, _ request: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isConnected, write(descriptor, request, request.utf8.count) == request.utf8.count else { return false }
        var answer: UInt8 = 0
        return read(descriptor, &answer, 1) == 1
    }
}
