// libsodium wants `unsigned char *`, and an address even where there is nothing to read; Swift's raw buffers have
// neither.

extension UnsafeRawBufferPointer {
    /// The address for a C function that also gets the count.
    var cBytes: UnsafePointer<UInt8> {
        let address = unsafe baseAddress ?? UnsafeRawPointer(emptyAddress)
        return unsafe address.assumingMemoryBound(to: UInt8.self)
    }
}

extension UnsafeMutableRawBufferPointer {
    /// The address for a C function that also gets the count.
    var cBytes: UnsafeMutablePointer<UInt8> {
        let address = unsafe baseAddress ?? emptyAddress
        return unsafe address.assumingMemoryBound(to: UInt8.self)
    }

    /// The address for a C function that writes text.
    var cText: UnsafeMutablePointer<CChar> {
        unsafe UnsafeMutableRawPointer(cBytes).assumingMemoryBound(to: CChar.self)
    }
}

/// The address of every empty buffer: one byte that is never freed, read or written.
// nonisolated(unsafe): a constant address behind which nothing is ever touched, so threads share nothing.
private nonisolated(unsafe) let emptyAddress = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)
