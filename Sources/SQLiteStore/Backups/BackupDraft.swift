import Glibc
import Installations
import Sealing

/// A backup before it has its name: a hidden file beside the final place, only this user's.
struct BackupDraft {
    /// Where it will be.
    let final: String
    /// Where it is.
    let path: String
    private let directory: String

    /// Makes an empty file for it. The final name must be free; whoever takes it meanwhile wins when it is published.
    init(for final: String) throws(BackupError) {
        self.final = final
        let slash = final.lastIndex(of: "/") ?? final.startIndex
        directory = slash == final.startIndex ? "/" : String(final[..<slash])
        let random = String(UInt64.random(in: .min ... .max), radix: 16)
        path = "\(directory)/.\(final[final.index(after: slash)...].prefix(100)).partial-\(random)"
        var status = stat()
        guard lstat(final, &status) != 0 else { throw .exists(path: final) }
        // O_EXCL: a link that somebody planted does not redirect the copy.
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("cannot be created") }
        close(descriptor)
    }

    /// Removes it, and what SQLite may have left beside it.
    func discard() {
        for ending in ["", "-journal", "-wal", "-shm"] { unlink(path + ending) }
    }

    /// Appends the seal and waits until all of it is on the disk. Returns the file's size.
    func seal(_ wrappedKey: SealedValue, under key: MACKey) throws(BackupError) -> Int64 {
        let descriptor = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot be opened") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0,
            let digest = BackupSeal.digest(of: descriptor, count: Int64(status.st_size), { _ in })
        else { throw failure("cannot be read back") }
        let seal = BackupSeal(of: digest, wrappedKey, under: key).bytes
        guard pwrite(descriptor, seal, seal.count, status.st_size) == seal.count, fsync(descriptor) == 0 else {
            throw failure("cannot be written")
        }
        return Int64(status.st_size) + Int64(seal.count)
    }

    /// Gives it its name, durably. `link` fails when the name exists, where `rename` would replace a file.
    func publish() throws(BackupError) {
        guard link(path, final) == 0 else {
            if errno == EEXIST { throw .exists(path: final) }
            if errno == EPERM || errno == EOPNOTSUPP {
                throw .file(
                    path: final, problem: "the file system there has no hard links; write it elsewhere, copy it")
            }
            throw failure("cannot be named")
        }
        unlink(path)
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("its directory cannot be opened") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("its directory cannot be synced") }
    }

    private func failure(_ what: String) -> BackupError {
        .file(path: final, problem: "\(what) (\(String(cString: strerror(errno))))")
    }
}
