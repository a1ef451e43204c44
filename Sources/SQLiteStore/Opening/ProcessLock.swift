import Glibc

/// The right to open the embedded store: an advisory lock on `innkeeper.lock`, held while the process lives.
///
/// SQLite 3.7.0 to 3.51.2 can corrupt a WAL database that two processes write and checkpoint at the same instant, so
/// exactly one process may have the file open.
package final class ProcessLock: Sendable {
    private let descriptor: Int32
    private let path: String

    /// Takes the lock at `path`.
    ///
    /// - Throws: `StoreOpenError.lockedByAnother` with the holder's process id, or `.cannotOpen`.
    package init(path: String) throws(StoreOpenError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw StoreOpenError(systemError: errno, file: path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = Self.readHolder(descriptor)
            close(descriptor)
            throw .lockedByAnother(processID: holder)
        }
        // For people only: the lock itself is the kernel's, so a stale number after a crash holds nobody up.
        let text = Array("\(getpid())\n".utf8)
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// Whether the file at the path is still the one that is held: any other keeps nobody out.
    var isInPlace: Bool {
        var (held, found) = (stat(), stat())
        guard fstat(descriptor, &held) == 0, stat(path, &found) == 0 else { return false }
        return held.st_dev == found.st_dev && held.st_ino == found.st_ino
    }

    private static func readHolder(_ descriptor: Int32) -> Int32? {
        var buffer = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: buffer.prefix(count).prefix { $0 != 10 }, as: UTF8.self))
    }
}
