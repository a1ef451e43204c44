import Glibc

/// An open file that closes itself. All calls are the system's own, because each flag here stops an attack that a
/// convenience layer would not promise to stop.
struct Descriptor: ~Copyable {
    let number: Int32
    /// What the file was opened as, for error messages.
    let path: String

    /// Takes over what `open` or `openat` gave back; a negative number means that the call failed.
    init(_ number: Int32, operation: String, path: String) throws(KeyFileError) {
        guard number >= 0 else { throw .system(operation: operation, path: path, errno: errno) }
        self.number = number
        self.path = path
    }

    deinit {
        _ = close(number)
    }

    /// Mode, owner, type and size of the open file itself, not of whatever its path names by now.
    borrowing func status() throws(KeyFileError) -> stat {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else {
            throw .system(operation: "fstat", path: path, errno: errno)
        }
        return status
    }

    /// Reads from the start until the end of the file or of the buffer. Returns the number of bytes.
    borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws(KeyFileError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = unsafe Glibc.read(number, rest.baseAddress, rest.count)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw .system(operation: "read", path: path, errno: errno)
            }
            filled += count
        }
        return filled
    }

    /// Writes all bytes.
    borrowing func write(_ bytes: UnsafeRawBufferPointer) throws(KeyFileError) {
        var written = 0
        while written < bytes.count {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
            let count = unsafe Glibc.write(number, rest.baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw .system(operation: "write", path: path, errno: errno)
            }
            written += count
        }
    }

    /// Returns when the file, or the directory's entries, would survive a power cut.
    borrowing func synchronize() throws(KeyFileError) {
        guard fsync(number) == 0 else { throw .system(operation: "fsync", path: path, errno: errno) }
    }
}

extension stat {
    /// Whether the type bits of the mode are `type`, such as `S_IFREG`.
    func isType(_ type: mode_t) -> Bool { st_mode & S_IFMT == type }

    /// Whether group or others have any access.
    var isOpenToOthers: Bool { st_mode & 0o077 != 0 }

    /// Whether the owner is this process's user, or root, who can read everything anyway.
    var isOwnedByUs: Bool { st_uid == geteuid() || st_uid == 0 }
}
