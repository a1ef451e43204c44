import Sealing

/// Follows a backup's bytes as they arrive, in constant memory, and tells whether they are all of one: whether the last of them
/// are a seal whose first digest is that of all others. Whether the holder of the deployment's key made it is for the restore to
/// find out.
package final class ArrivingBackup {
    /// How many there were.
    package private(set) var bytes: Int64 = 0
    private let stream = StreamDigest()
    /// The newest bytes, which may be the seal; the others are in the digest.
    private var tail: [UInt8] = []

    /// Nothing has arrived.
    package init() {}

    /// The next bytes.
    package func append(_ piece: some Collection<UInt8>) {
        bytes += Int64(piece.count)
        tail += piece
        let surplus = tail.count - BackupSeal.size
        guard surplus > 0 else { return }
        tail.withUnsafeBytes { stream.update(UnsafeRawBufferPointer(rebasing: $0[..<surplus])) }
        tail.removeFirst(surplus)
    }

    /// Whether they are a whole backup. Ends the object's use.
    package func isWhole() -> Bool {
        guard let seal = BackupSeal(tail), seal.wrappedKey != nil else { return false }
        return stream.finish().matches(seal.digest)
    }
}
