import Glibc

/// Why output did not arrive.
enum OutputError: Error {
    /// The reader went away, as `| head` does. Nothing went wrong.
    case closed
    /// The system's error, such as a full disk.
    case failed(errno: Int32)
}

/// The two output streams: data goes to `output`, everything else to `error`.
enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    /// Writes all bytes.
    func write(_ bytes: some Collection<UInt8>) throws(OutputError) {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                // A pipe that somebody else made non-blocking: wait until it takes more.
                var descriptor = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
                poll(&descriptor, 1, -1)
            } else if errno == EPIPE {
                throw .closed
            } else if errno != EINTR {
                throw .failed(errno: errno)
            }
        }
    }

    /// Writes a text and a line feed.
    func writeLine(_ text: String) throws(OutputError) {
        try write((text + "\n").utf8)
    }

    /// Writes a line to standard error. When even that fails there is nobody left to tell.
    static func note(_ text: String) {
        do {
            try StandardStream.error.writeLine(text)
        } catch {
            return
        }
    }
}
