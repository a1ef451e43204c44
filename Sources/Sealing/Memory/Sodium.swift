import CSodium

/// The one place that starts libsodium.
package enum Sodium {
    /// Starts libsodium once per process; every later call costs one load. Everything in this target that needs
    /// the library calls it, so calling it elsewhere only moves the cost to a better moment.
    ///
    /// Traps when the library cannot start: without its random source nothing here would be safe.
    package static func start() {
        _ = started
    }

    private static let started: Void = {
        // 0 the first time, 1 when some other code started it before, -1 when there is no random source.
        guard sodium_init() >= 0 else {
            fatalError("libsodium could not start: no secure random source, so no key can be made or used")
        }
    }()

    /// Fills the whole buffer from the operating system's random source.
    static func fillRandom(_ buffer: UnsafeMutableRawBufferPointer) {
        start()
        guard let base = buffer.baseAddress else { return }
        unsafe randombytes_buf(base, buffer.count)
    }

    /// Compares in constant time for a given length. Lengths are public: every secret here has a length that its
    /// format already tells.
    static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        guard let leftBase = left.baseAddress, let rightBase = right.baseAddress else { return true }
        return unsafe sodium_memcmp(leftBase, rightBase, left.count) == 0
    }
}
