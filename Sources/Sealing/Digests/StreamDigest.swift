import CSodium

/// BLAKE2b-256 without a key, over bytes that come piece by piece: for files too large to hold.
///
/// It tells damage and nothing more: whoever changes the bytes can compute it anew. A `MACKey` over the result tells
/// the rest.
@safe
package final class StreamDigest {
    // libsodium asks for an alignment of 64, which a Swift value does not promise.
    private let state: UnsafeMutableRawPointer
    private var hasher: OpaquePointer { unsafe OpaquePointer(state) }

    /// A digest of nothing yet.
    package init() {
        Sodium.start()
        unsafe state = .allocate(byteCount: crypto_generichash_statebytes(), alignment: 64)
        let status = unsafe crypto_generichash_init(hasher, nil, 0, Digest.size)
        precondition(status == 0, "libsodium did not hash")
    }

    deinit { unsafe state.deallocate() }

    /// Adds the next bytes.
    package func update(_ bytes: UnsafeRawBufferPointer) {
        let status = unsafe crypto_generichash_update(hasher, bytes.cBytes, UInt64(bytes.count))
        precondition(status == 0, "libsodium did not hash")
    }

    /// The digest of everything added. Ends the object's use.
    package func finish() -> Digest {
        var words: Digest.Words = [0, 0, 0, 0]
        let status = unsafe withUnsafeMutableBytes(of: &words) { output in
            unsafe crypto_generichash_final(hasher, output.cBytes, output.count)
        }
        precondition(status == 0, "libsodium did not hash")
        return Digest(words: words)
    }
}
