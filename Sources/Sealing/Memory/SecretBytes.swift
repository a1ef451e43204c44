import CSodium

/// A secret of any length (a token, settings, an API key), zeroed when the last reference goes.
///
/// It cannot be printed, encoded, hashed or compared with `==`; `expose` is the only way to its bytes.
///
/// Its memory is not locked. The same bytes have just been in network buffers that nobody can lock, so locking this
/// copy would cost system calls and protect nothing. Keys are locked (`KeyMaterial`), and keys are what turns a stolen
/// store or swap file into secrets.
@safe
package final class SecretBytes: Sendable {
    // Written only by init, before anyone else can see the object; freed only by deinit, when nobody can any more.
    private nonisolated(unsafe) let storage: UnsafeMutableRawBufferPointer

    /// A secret of `count` bytes that the closure writes; all zero before.
    init<E: Error>(count: Int, writing write: (UnsafeMutableRawBufferPointer) throws(E) -> Void) throws(E) {
        unsafe storage = .allocate(byteCount: count, alignment: 1)
        unsafe storage.initializeMemory(as: UInt8.self, repeating: 0)
        try unsafe write(storage)
    }

    /// A copy of the bytes. The caller's copy stays where it is.
    package convenience init(_ bytes: UnsafeRawBufferPointer) {
        unsafe self.init(count: bytes.count) { storage in
            unsafe storage.copyMemory(from: bytes)
        }
    }

    /// A copy of the bytes. The caller's array stays where it is.
    package convenience init(_ bytes: [UInt8]) {
        unsafe self.init(count: bytes.count) { storage in unsafe storage.copyBytes(from: bytes) }
    }

    /// A copy of the text as UTF-8. The caller's string stays where it is.
    package convenience init(utf8 text: some StringProtocol) {
        let utf8 = text.utf8
        unsafe self.init(count: utf8.count) { storage in unsafe storage.copyBytes(from: utf8) }
    }

    deinit {
        // A plain fill could be removed as a write that nobody reads; sodium_memzero is never removed.
        if let base = unsafe storage.baseAddress { unsafe sodium_memzero(base, storage.count) }
        unsafe storage.deallocate()
    }

    /// Number of bytes. Lengths are not secret.
    package var count: Int { unsafe storage.count }

    /// Lends the bytes to `body` for the time of the call. The pointer must not leave it.
    ///
    /// The reason is for the reader: searching for `expose(` lists every place where a secret leaves its type.
    package func expose<R, E: Error>(
        _ reason: StaticString,
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        // The compiler may end an object's life at its last use; the bytes must outlast the body.
        defer { extendLifetime(self) }
        return try unsafe body(UnsafeRawBufferPointer(storage))
    }

    /// Whether both hold the same bytes, in constant time for a given length.
    package func matches(_ other: SecretBytes) -> Bool {
        unsafe other.expose("comparing") { unsafe matches($0) }
    }

    /// Whether the secret is these bytes, in constant time for a given length.
    package func matches(_ other: UnsafeRawBufferPointer) -> Bool {
        unsafe expose("comparing") { unsafe Sodium.areEqual($0, other) }
    }

    /// Whether the secret is these bytes, in constant time for a given length.
    package func matches(_ other: [UInt8]) -> Bool {
        unsafe other.withUnsafeBytes { unsafe matches($0) }
    }
}
