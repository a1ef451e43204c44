import Dispatch
import Foundation
import Glibc
import Synchronization

@testable package import PostgresStore

/// Stands between a store and its server, and may keep an answer back and cut the line instead.
package final class CuttingProxy: Sendable {
    /// Which answer to a COMMIT never arrives, counted from when it was said; nil for none.
    private let cut = Mutex<Int?>(nil)
    private let listener: Int32
    private let server: String
    private let directory: String
    private let url: String

    /// A proxy before the server of a database, on a socket of its own.
    package init(to database: TestDatabase) throws {
        directory = NSTemporaryDirectory() + "proxy-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        server = database.socket
        url = database.url(through: directory)
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard Self.with(directory + "/.s.PGSQL.5432", { bind(listener, $0, $1) }) == 0, listen(listener, 64) == 0 else {
            throw Failed()
        }
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                serve(client)
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Where a store finds the database behind it.
    package var address: StoreAddress {
        get throws {
            guard let address = StoreAddress(url: url) else { throw Failed() }
            return address
        }
    }

    /// From now on the answer to this COMMIT is kept back, and the line is cut: 1 for the next.
    package func cutAtCommit(_ number: Int) { cut.withLock { $0 = number } }

    /// It could not be started.
    struct Failed: Error {}

    private func serve(_ client: Int32) {
        let upstream = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard Self.with(server, { connect(upstream, $0, $1) }) == 0 else {
            close(client)
            close(upstream)
            return
        }
        Thread.detachNewThread { Self.pump(from: client, to: upstream) { _ in true } }
        Thread.detachNewThread { [self] in
            Self.pump(from: upstream, to: client) { bytes in !isCut(bytes) }
            close(client)
            close(upstream)
        }
    }

    /// Whether these bytes of the server hold the answer that is to be kept back.
    private func isCut(_ bytes: ArraySlice<UInt8>) -> Bool {
        // CommandComplete, its length, and its tag.
        let answer = [UInt8]("C\0\0\0\u{0b}COMMIT\0".utf8)
        guard bytes.firstRange(of: answer) != nil else { return false }
        return cut.withLock { cut in
            guard let left = cut else { return false }
            cut = left > 1 ? left - 1 : nil
            return left == 1
        }
    }

    private static func pump(from source: Int32, to sink: Int32, _ passes: (ArraySlice<UInt8>) -> Bool) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0, passes(buffer[..<count]) else { break }
            var sent = 0
            while sent < count {
                let written = buffer[sent..<count].withUnsafeBytes { write(sink, $0.baseAddress, $0.count) }
                guard written > 0 else { break }
                sent += written
            }
            if sent < count { break }
        }
        shutdown(source, Int32(SHUT_RDWR))
        shutdown(sink, Int32(SHUT_RDWR))
    }

    private static func with(
        _ path: String, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { target in
            for (index, byte) in path.utf8.prefix(target.count - 1).enumerated() { target[index] = byte }
        }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
