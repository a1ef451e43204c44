import Glibc
import Installations
import Sealing

/// A backup before somebody has it: a copy of the store where the store lies, which has a name only while SQLite writes it.
/// Then the file goes with its descriptor.
final class SQLiteBackupDraft: BackupDraft {
    let manifest: BackupManifest
    let bytes: Int64
    private let descriptor: DraftDescriptor

    /// Seals a copy that is whole, and takes its name away.
    init(
        _ file: DraftFile, _ manifest: BackupManifest, _ wrappedKey: SealedValue, under key: MACKey
    ) throws(BackupError) {
        self.manifest = manifest
        descriptor = file.descriptor
        bytes = try file.seal(wrappedKey, under: key)
        file.discard()
    }

    func read(_ count: Int, from offset: Int64) async throws(BackupError) -> [UInt8] {
        let descriptor = descriptor
        let result = await LongWork.offThreads { () throws(BackupError) in
            var failure: Int32 = 0
            let piece = [UInt8](unsafeUninitializedCapacity: count) { buffer, length in
                var read = pread(descriptor.number, buffer.baseAddress, count, off_t(offset))
                while read < 0, errno == EINTR {
                    read = pread(descriptor.number, buffer.baseAddress, count, off_t(offset))
                }
                if read < 0 { failure = errno }
                length = max(read, 0)
            }
            guard !piece.isEmpty else {
                throw .draft(path: "the copy", problem: "cannot be read back (\(String(cString: strerror(failure))))")
            }
            return piece
        }
        return try result.get()
    }
}

/// An open file that is closed when nobody holds it.
final class DraftDescriptor: Sendable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }
}

/// The file of a draft while it has a name: always the same one, so that a crash leaves one at most, and the next start
/// finds it.
struct DraftFile {
    /// Where it is.
    let path: String
    fileprivate let descriptor: DraftDescriptor

    /// Makes an empty one, only this user's, beside the database.
    init(besides database: String) throws(BackupError) {
        path = Self.path(besides: database)
        Self.removeLeftovers(besides: database)
        let number = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw Self.failure(path, "cannot be created") }
        descriptor = DraftDescriptor(number)
    }

    private static func path(besides database: String) -> String { database + ".draft" }

    /// Removes what a crash has left. Only for who has the store's lock.
    static func removeLeftovers(besides database: String) {
        for ending in ["", "-journal", "-wal", "-shm"] { unlink(path(besides: database) + ending) }
    }

    /// Takes its name away, and removes what SQLite may have left beside it.
    func discard() {
        for ending in ["", "-journal", "-wal", "-shm"] { unlink(path + ending) }
    }

    /// Appends the seal. Returns the file's size.
    fileprivate func seal(_ wrappedKey: SealedValue, under key: MACKey) throws(BackupError) -> Int64 {
        var status = stat()
        guard fstat(descriptor.number, &status) == 0,
            let digest = BackupSeal.digest(of: descriptor.number, count: Int64(status.st_size), { _ in })
        else { throw Self.failure(path, "cannot be read back") }
        let seal = BackupSeal(of: digest, wrappedKey, under: key).bytes
        let written = pwrite(descriptor.number, seal, seal.count, status.st_size)
        guard written == seal.count else {
            // A part of so few bytes is what there was room for.
            throw written < 0 ? Self.failure(path, "cannot be written") : .noPlace(path: path, .full)
        }
        return Int64(status.st_size) + Int64(seal.count)
    }

    private static func failure(_ path: String, _ what: String) -> BackupError {
        let number = errno
        if let condition = StoreCondition(systemError: number) { return .noPlace(path: path, condition) }
        return .draft(path: path, problem: "\(what) (\(String(cString: strerror(number))))")
    }
}
