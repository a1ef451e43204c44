import Glibc
import Sealing

/// The last 88 bytes of a backup, behind the database's own pages, which SQLite leaves alone:
///
///     innkeeper-backup-seal-1\n   24 bytes
///     BLAKE2b-256 of all bytes before the seal
///     keyed BLAKE2b-256 of those 32 bytes, under subkey 4 of the deployment key
///
/// The first digest finds damage without any key. The second finds a change on purpose: much that is not secret is not
/// sealed either, and whoever edits an API URL or a forward's address in a backup would be sent tokens and events
/// after the restore.
struct BackupSeal {
    static let magic = Array("innkeeper-backup-seal-1\n".utf8)
    static let size = magic.count + 2 * Digest.size

    /// Of the bytes before the seal.
    let digest: Digest
    /// Of the digest.
    let mac: Digest

    /// Seals bytes with this digest.
    init(of digest: Digest, under key: MACKey) {
        self.digest = digest
        mac = key.digest(of: digest.bytes)
    }

    /// The seal in the last bytes of a file; nil when there is none.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.size, Array(bytes[..<Self.magic.count]) == Self.magic,
            let digest = Digest(bytes: Array(bytes[Self.magic.count..<Self.magic.count + Digest.size])),
            let mac = Digest(bytes: Array(bytes[(Self.magic.count + Digest.size)...]))
        else { return nil }
        self.digest = digest
        self.mac = mac
    }

    var bytes: [UInt8] { Self.magic + digest.bytes + mac.bytes }

    /// Whether the holder of the deployment key made it.
    func isGenuine(under key: MACKey) -> Bool {
        key.digest(of: digest.bytes).matches(mac)
    }

    /// The digest of the first `count` bytes of an open file, each piece shown to `body` on the way.
    ///
    /// - Returns: Nil when the file ends before, or cannot be read; `errno` says why.
    static func digest<E: Error>(
        of descriptor: Int32, count: Int64, _ body: (UnsafeRawBufferPointer) throws(E) -> Void
    ) throws(E) -> Digest? {
        let stream = StreamDigest()
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { chunk.deallocate() }
        var offset: Int64 = 0
        while offset < count {
            let wanted = Int(min(Int64(chunk.count), count - offset))
            let read = pread(descriptor, chunk.baseAddress, wanted, off_t(offset))
            if read < 0, errno == EINTR { continue }
            guard read > 0 else { return nil }
            let piece = UnsafeRawBufferPointer(rebasing: chunk[..<read])
            stream.update(piece)
            try body(piece)
            offset += Int64(read)
        }
        return stream.finish()
    }
}
