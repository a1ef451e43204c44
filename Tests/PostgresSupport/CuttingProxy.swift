import Dispatch
import Foundation
import Glibc
import Synchronization

@testable package import PostgresStore

/// Stands between a store and its server, and may keep an answer back, or half of a request, and cut the line instead.
package final class CuttingProxy: Sendable {
    /// Which answer to a COMMIT never arrives, counted from when it was said; nil for none.
    private let cut = Mutex<Int?>(nil)
    /// Which request arrives by half, counted from when it was said; nil for none.
    private let half = Mutex<Int?>(nil)
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

    /// From now on of this request only a part arrives, and the line is cut: 1 for the next.
    package func cutWithinRequest(_ number: Int) { half.withLock { $0 = number } }

    /// From now on nothing is cut.
    package func spare() {
        cut.withLock { $0 = nil }
        half.withLock { $0 = nil }
    }

    /// It could not be started.
    struct Failed: Error {}

    private func serve(_ client: Int32) {
        let line = Line(client: client, server: socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
        guard Self.with(server, { connect(line.server, $0, $1) }) == 0 else { return }
        Thread.detachNewThread { [self] in
            line.pump(from: line.client, to: line.server) { bytes in
                Self.isDue(half) ? bytes.prefix(.random(in: 0..<bytes.count)) : bytes
            }
        }
        Thread.detachNewThread { [self] in
            line.pump(from: line.server, to: line.client) { bytes in isCut(bytes) ? [] : bytes }
        }
    }

    /// Whether these bytes of the server hold the answer that is to be kept back.
    private func isCut(_ bytes: ArraySlice<UInt8>) -> Bool {
        // CommandComplete, its length, and its tag.
        let answer = [UInt8]("C\0\0\0\u{0b}COMMIT\0".utf8)
        return bytes.firstRange(of: answer) != nil && Self.isDue(cut)
    }

    /// Counts one down; whether it is the one.
    private static func isDue(_ counter: borrowing Mutex<Int?>) -> Bool {
        counter.withLock { counter in
            guard let left = counter else { return false }
            counter = left > 1 ? left - 1 : nil
            return left == 1
        }
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

/// A client and the server behind it. Both ends are closed when nobody pumps any more: before that their numbers would be given to
/// others, whose lines would then be cut.
private final class Line: Sendable {
    let client, server: Int32

    init(client: Int32, server: Int32) {
        self.client = client
        self.server = server
    }

    deinit {
        close(client)
        close(server)
    }

    /// Hands on what of each piece is to arrive, until that is not all of it.
    func pump(
        from source: Int32, to sink: Int32, _ arriving: (ArraySlice<UInt8>) -> ArraySlice<UInt8>
    ) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(source, &buffer, buffer.count)
            guard count > 0 else { break }
            let rest = arriving(buffer[..<count])
            var sent = 0
            while sent < rest.count {
                let written = rest.dropFirst(sent).withUnsafeBytes {
                    send(sink, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard written > 0 else { break }
                sent += written
            }
            if sent < count { break }
        }
        shutdown(source, Int32(SHUT_RDWR))
        shutdown(sink, Int32(SHUT_RDWR))
    }
}
