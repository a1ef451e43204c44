import Glibc

extension Span<UInt8> {
    /// The first place of `byte` at or behind `start`, which is not negative; nil when there is none.
    package func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        precondition(start >= 0)
        return unsafe withUnsafeBytes { all in
            guard start < all.count, let base = all.baseAddress,
                let place = unsafe memchr(base + start, CInt(byte), all.count - start)
            else { return nil }
            return unsafe UnsafeRawPointer(place) - base
        }
    }

    /// Eight bytes, the first one lowest.
    @inline(__always)
    func word(at index: Int) -> UInt64 {
        // The load is checked against the end, and every eight bytes are a word.
        unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
    }

    /// Whether both are the same bytes.
    @inline(__always)
    func hasSameBytes(as other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }
}

/// A word as eight bytes. What finds bytes sets their high bits; a borrow of the subtraction can set further ones, but
/// only above a right one, so whether there is one and which is the lowest are exact.
extension UInt64 {
    /// The high bit of each byte.
    static var highBits: UInt64 { 0x8080_8080_8080_8080 }

    /// This byte eight times.
    @inline(__always)
    static func eight(_ byte: UInt8) -> UInt64 { 0x0101_0101_0101_0101 &* UInt64(byte) }

    /// The high bit of each byte that is `byte`.
    @inline(__always)
    func places(of byte: UInt8) -> UInt64 { (self ^ .eight(byte)).places(below: 1) }

    /// The high bit of each byte below `limit`, which is at most 0x80.
    @inline(__always)
    func places(below limit: UInt8) -> UInt64 { (self &- .eight(limit)) & ~self & .highBits }
}
