import Glibc

/// Whether a server answers at a socket file.
enum SocketProbe: Hashable {
    /// Somebody accepts connections.
    case answered
    /// There is no file, or one that a dead process left behind.
    case nobody
    /// The file is another user's.
    case notPermitted
    /// Something else, by its error number.
    case failed(errno: Int32)

    /// Tries to connect, and lets go at once.
    init(path: String) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else {
            self = .failed(errno: errno)
            return
        }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
            // One byte stays zero as the end of the text.
            guard bytes.count < room.count else { return false }
            room.copyBytes(from: bytes)
            return true
        }
        guard fits else {
            self = .failed(errno: ENAMETOOLONG)
            return
        }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result != 0 else {
            self = .answered
            return
        }
        switch errno {
        case ENOENT, ECONNREFUSED: self = .nobody
        case EACCES, EPERM: self = .notPermitted
        default: self = .failed(errno: errno)
        }
    }
}
