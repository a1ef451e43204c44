import Glibc
import Installations
package import Sealing
import Store

/// A backup of which nothing but the seal was read. What is in it is not let near SQLite before the seal was checked:
/// a file that somebody made may be made to harm its reader.
package final class SealedBackup {
    /// Where it is.
    package let file: String
    /// Its size.
    package let bytes: Int64
    private let descriptor: Int32
    private let seal: BackupSeal

    /// Reads the seal of the backup in `file`.
    package init(file: String) throws(BackupOpenError) {
        // O_NONBLOCK: opening a pipe would otherwise wait for a writer for ever.
        let descriptor = Glibc.open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.failure(file, "cannot be read") }
        do throws(BackupOpenError) {
            (bytes, seal) = try Self.readSeal(descriptor, file)
        } catch {
            close(descriptor)
            throw error
        }
        self.file = file
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// The key without whose file nobody can tell whether it was changed; nil for a backup of the first form, which must
    /// be opened to be checked.
    package var storageKey: StorageKeyID? { seal.wrappedKey?.storageKeyID }

    /// Copies it as it is to `path`, which must not exist, for somebody who has the key to open. Checks what needs none.
    package func keep(at path: String) throws(BackupOpenError) {
        let target = try copyPages(to: path)
        defer { close(target) }
        let seal = seal.bytes
        try seal.span.bytes.withUnsafeBytes { bytes throws(BackupOpenError) in try Self.write(bytes, to: target, path) }
        try Self.sync(target, path)
    }

    /// Copies the store in it to `path`, which must not exist, and opens the copy once it is known to be, byte for byte,
    /// what the holder of the deployment's key made.
    ///
    /// A backup of the first form is opened, with every defence, to find that out.
    package func open(at path: String, with keyring: Keyring) throws -> BackupCopy {
        if let wrappedKey = seal.wrappedKey { try check(wrappedKey, keyring) }
        let target = try copyPages(to: path)
        do {
            defer { close(target) }
            try Self.sync(target, path)
        }
        let copy = try BackupCopy(file, bytes: bytes, at: path)
        if seal.wrappedKey == nil { try copy.check(seal, keyring) }
        return copy
    }

    private func check(_ wrappedKey: SealedValue, _ keyring: Keyring) throws(BackupOpenError) {
        let key: MACKey
        do throws(StoreError) {
            key = try DeploymentKeys(wrappedKey, keyring).backups
        } catch .unknownStorageKey(let id) {
            throw .missingKey(file: file, id)
        } catch {
            throw .wrongKey(file: file, StorageKeyID(bitPattern: wrappedKey.keyIDBitPattern))
        }
        guard seal.isGenuine(under: key) else { throw .forged(file: file) }
    }

    // MARK: The bytes

    private static func readSeal(_ descriptor: Int32, _ file: String) throws(BackupOpenError) -> (Int64, BackupSeal) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .file(file, problem: "not a regular file")
        }
        let size = Int64(status.st_size)
        var tail = [UInt8](repeating: 0, count: Int(min(size, Int64(BackupSeal.size))))
        guard pread(descriptor, &tail, tail.count, off_t(size) - off_t(tail.count)) == tail.count,
            let seal = BackupSeal(tail), size > seal.count
        else { throw .notABackup(file: file) }
        return (size, seal)
    }

    /// Copies all but the seal, and compares the bytes that were written with it.
    private func copyPages(to path: String) throws(BackupOpenError) -> Int32 {
        let target = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard target >= 0 else { throw Self.failure(path, "cannot be created") }
        do throws(BackupOpenError) {
            let count = bytes - Int64(seal.count)
            let digest = try BackupSeal.digest(of: descriptor, count: count) { piece throws(BackupOpenError) in
                try Self.write(piece, to: target, path)
            }
            guard let digest else { throw Self.failure(file, "cannot be read") }
            guard digest.matches(seal.digest) else {
                throw BackupOpenError.damaged(file: file, what: "its bytes are not what was written")
            }
            return target
        } catch {
            close(target)
            throw error
        }
    }

    private static func write(
        _ bytes: UnsafeRawBufferPointer, to target: Int32, _ path: String
    ) throws(BackupOpenError) {
        var written = 0
        while written < bytes.count {
            let more = Glibc.write(target, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            guard more > 0 else { throw failure(path, "cannot be written") }
            written += more
        }
    }

    private static func sync(_ target: Int32, _ path: String) throws(BackupOpenError) {
        guard fsync(target) == 0 else { throw failure(path, "cannot be synced") }
    }

    private static func failure(_ path: String, _ what: String) -> BackupOpenError {
        .file(path, problem: "\(what) (\(String(cString: strerror(errno))))")
    }
}
