import Foundation
import Glibc

/// A socket file with somebody behind it who gives every connection the same answer.
final class CannedServer: Sendable {
    private let descriptor: Int32

    /// Listens at `path`; nil when that fails. After the answer it may hold the connection until the other side ends it.
    init?(path: String, answer: String, holds: Bool = false) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isBound, listen(descriptor, 8) == 0 else { return nil }
        let listener = descriptor
        Thread.detachNewThread {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                Self.serve(connection, Array(answer.utf8), holds)
            }
        }
    }

    /// Ends it; the file stays, as after a crash.
    func stop() {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    private static func serve(_ connection: Int32, _ answer: [UInt8], _ holds: Bool) {
        defer { close(connection) }
        var buffer = [UInt8](repeating: 0, count: 65536)
        // The requests of these tests fit one segment.
        guard read(connection, &buffer, buffer.count) > 0 else { return }
        var rest = answer[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
        if holds { _ = read(connection, &buffer, buffer.count) }
    }
}
