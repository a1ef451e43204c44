import Glibc
import Sealing

/// The last bytes of a backup, behind the database's own pages, which SQLite leaves alone:
///
///     innkeeper-backup-seal-2\n   24 bytes
///     the deployment key as it is wrapped in the copy, see `SealedValue`: 90 bytes
///     BLAKE2b-256 of all bytes before the seal
///     keyed BLAKE2b-256 of the seal's 146 bytes so far, under subkey 4 of the deployment key
///
/// The first digest finds damage without any key. The second finds a change on purpose: much that is not secret is not
/// sealed either, and whoever edits an API URL or a forward's address in a backup would be sent tokens and events
/// after the restore. The wrapped key is there so that both are known before SQLite reads a byte that may be an attacker's.
///
/// The first form, `innkeeper-backup-seal-1\n`, had no key in it, and its second digest was of the first alone. That is
/// another length, so a seal of one form is none of the other.
struct BackupSeal {
    private static let magic = Array("innkeeper-backup-seal-2\n".utf8)
    private static let firstMagic = Array("innkeeper-backup-seal-1\n".utf8)
    private static let firstSize = firstMagic.count + 2 * Digest.size
    /// Bytes of the form that is written, the longest there is.
    static let size = magic.count + WrappedKey.count + 2 * Digest.size

    /// The wrapped deployment key; nil in the first form.
    let wrappedKey: SealedValue?
    /// Of the bytes before the seal.
    let digest: Digest
    /// Of the seal before it.
    let mac: Digest

    /// Seals bytes with this digest. `key` is derived from the wrapped one.
    init(of digest: Digest, _ wrappedKey: SealedValue, under key: MACKey) {
        self.digest = digest
        self.wrappedKey = wrappedKey
        mac = key.digest(of: Self.message(digest, wrappedKey))
    }

    /// The seal in the last bytes of a file, `size` of them or all there are; nil when there is none.
    init?(_ bytes: [UInt8]) {
        if bytes.count == Self.size, bytes.starts(with: Self.magic) {
            let wrapped = bytes.dropFirst(Self.magic.count).prefix(WrappedKey.count)
            do throws(SealingError) {
                let value = try SealedValue(bytes: Array(wrapped))
                guard value.storageKeyID != nil else { return nil }
                wrappedKey = value
            } catch {
                return nil
            }
        } else {
            guard bytes.count >= Self.firstSize, bytes.suffix(Self.firstSize).starts(with: Self.firstMagic) else {
                return nil
            }
            wrappedKey = nil
        }
        guard let digest = Digest(bytes: Array(bytes.dropLast(Digest.size).suffix(Digest.size))),
            let mac = Digest(bytes: Array(bytes.suffix(Digest.size)))
        else { return nil }
        self.digest = digest
        self.mac = mac
    }

    /// As it stands in the file.
    var bytes: [UInt8] { Self.message(digest, wrappedKey, firstMagic: Self.firstMagic) + mac.bytes }

    /// Its length.
    var count: Int { wrappedKey == nil ? Self.firstSize : Self.size }

    /// Whether the holder of the deployment key made it.
    func isGenuine(under key: MACKey) -> Bool {
        key.digest(of: Self.message(digest, wrappedKey)).matches(mac)
    }

    /// What the second digest is of.
    private static func message(_ digest: Digest, _ key: SealedValue?, firstMagic: [UInt8] = []) -> [UInt8] {
        guard let key else { return firstMagic + digest.bytes }
        return magic + key.bytes + digest.bytes
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
