/// 32 bytes of a symmetric key in locked memory, zeroed when the last reference goes.
///
/// It cannot be printed, encoded, hashed or compared with `==`; `expose` is the only way to its bytes.
@safe
package final class KeyMaterial: Sendable {
    /// Bytes of every key.
    package static let size = KeySlab.slotSize

    /// False when the operating system refused to lock key memory (RLIMIT_MEMLOCK), so that keys could reach swap.
    package static var isMemoryLocked: Bool { KeySlab.shared.isLocked }

    // The bytes are written only by init, before anyone else can see the object, and the slot goes back only in deinit,
    // when nobody can any more. So reading them from any thread is safe.
    private let slot: KeySlab.Slot
    private let slab: KeySlab

    /// A key whose 32 bytes the closure writes. The slot is zero before; when the closure throws it is zeroed again.
    init<E: Error>(
        slab: KeySlab = .shared,
        writing write: (UnsafeMutableRawBufferPointer) throws(E) -> Void
    ) throws(E) {
        self.slab = slab
        slot = slab.allocate()
        try unsafe write(slot.bytes)
    }

    /// A copy of exactly 32 bytes; nil for any other count. The caller's bytes stay the caller's to zero.
    package convenience init?(copying bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.size else { return nil }
        unsafe self.init { slot in
            unsafe slot.copyMemory(from: bytes)
        }
    }

    deinit {
        slab.release(slot)
    }

    /// A new key from the operating system's random source.
    package static func random() -> KeyMaterial {
        unsafe KeyMaterial { slot in unsafe Sodium.fillRandom(slot) }
    }

    /// Lends the 32 bytes to `body` for the time of the call. The pointer must not leave it.
    ///
    /// The reason is for the reader: searching for `expose(` lists every place where a secret leaves its type.
    package func expose<R, E: Error>(
        _ reason: StaticString,
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        // The compiler may end an object's life at its last use; the bytes must outlast the body.
        defer { extendLifetime(self) }
        return try unsafe body(UnsafeRawBufferPointer(slot.bytes))
    }

    /// Whether both are the same key, in constant time.
    package func matches(_ other: KeyMaterial) -> Bool {
        unsafe other.expose("comparing") { unsafe matches($0) }
    }

    /// Whether the key is these bytes, in constant time. Another count than 32 never matches.
    package func matches(_ other: UnsafeRawBufferPointer) -> Bool {
        unsafe expose("comparing") { unsafe Sodium.areEqual($0, other) }
    }

    /// Whether the key is these bytes, in constant time. Another count than 32 never matches.
    package func matches(_ other: [UInt8]) -> Bool {
        unsafe other.withUnsafeBytes { unsafe matches($0) }
    }
}
