/// Base64 in the URL alphabet, canonical only (RFC 4648 sections 3.5 and 5; RFC 7515 section 2).
///
/// One value has one spelling: no padding, no white space, no other alphabet, no set bit behind the last byte. With
/// several spellings a token could be changed without breaking its signature, and would no longer equal itself.
package enum Base64URL {
    /// The bytes of a canonical text; nil for any other.
    package static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard let count = decodedCount(text.count) else { return nil }
        var isCanonical = false
        let bytes = [UInt8](capacity: count) { isCanonical = decode(text, into: &$0) }
        return isCanonical ? bytes : nil
    }

    /// Appends the bytes of a canonical text to `output`; false, with the output of no use, for any other text and
    /// when `output` has too little room.
    package static func decode(_ text: Span<UInt8>, into output: inout OutputSpan<UInt8>) -> Bool {
        guard let count = decodedCount(text.count), output.freeCapacity >= count else { return false }
        var place = output.count
        output.append(repeating: 0, count: count)
        var span = output.mutableSpan
        var bytes = unsafe span.mutableBytes  // Any eight bits are a byte, so nothing stored here can be none.
        var index = 0
        var all = Block(repeating: 0)
        while text.count - index >= Block.scalarCount {
            // The load is checked against the end of the text, and every 16 bytes are a block.
            let values = unsafe values(text.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: Block.self))
            let (high, low) = packed(values)
            bytes.storeBytes(of: high.bigEndian, toByteOffset: place, as: UInt64.self)
            bytes.storeBytes(of: low.bigEndian, toByteOffset: place + 8, as: UInt32.self)
            all |= values
            index += Block.scalarCount
            place += 12
        }
        var last = InlineArray<16, UInt8>(repeating: UInt8(ascii: "A"))
        for offset in 0..<text.count - index { last[offset] = text[index + offset] }
        let values = unsafe values(last.span.bytes.unsafeLoadUnaligned(fromByteOffset: 0, as: Block.self))
        all |= values
        var (high, low) = packed(values)
        while place < bytes.byteCount {
            bytes.storeBytes(of: UInt8(truncatingIfNeeded: high >> 56), toByteOffset: place, as: UInt8.self)
            high = high << 8 | UInt64(low >> 24)
            low <<= 8
            place += 1
        }
        // Bits that no byte takes must be zero, or two texts would mean the same bytes.
        return all & notInAlphabet == Block(repeating: 0) && high == 0 && low == 0
    }

    /// The canonical text of `bytes`.
    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 4 + 2) / 3)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let word = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for place in 0...group.count {
                text.append(alphabet[Int(word >> UInt32(18 - 6 * place) & 0x3F)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// How many bytes a text of this length means; nil for a length no encoder writes.
    private static func decodedCount(_ count: Int) -> Int? {
        count % 4 == 1 ? nil : count / 4 * 3 + max(0, count % 4 - 1)
    }

    private typealias Block = SIMD16<UInt8>

    private static let notInAlphabet: UInt8 = 0x80

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The six bits of each letter, `notInAlphabet` for any other byte. Comparing with vectors rather than bytes is what
    /// the compiler makes single instructions of.
    @inline(__always)
    private static func values(_ letters: Block) -> Block {
        let upper = letters &- UInt8(ascii: "A")
        let lower = letters &- UInt8(ascii: "a")
        let digit = letters &- UInt8(ascii: "0")
        var values = Block(repeating: notInAlphabet)
        values.replace(with: upper, where: upper .< Block(repeating: 26))
        values.replace(with: lower &+ 26, where: lower .< Block(repeating: 26))
        values.replace(with: digit &+ 52, where: digit .< Block(repeating: 10))
        values.replace(with: 62, where: letters .== Block(repeating: UInt8(ascii: "-")))
        values.replace(with: 63, where: letters .== Block(repeating: UInt8(ascii: "_")))
        return values
    }

    /// Sixteen times six bits as twelve bytes, the first ones highest.
    @inline(__always)
    private static func packed(_ values: Block) -> (UInt64, UInt32) {
        // Both types are sixteen bytes without a forbidden one.
        let words = unsafe unsafeBitCast(values, to: SIMD2<UInt64>.self)
        let (high, low) = (packed(UInt64(bigEndian: words[0])), packed(UInt64(bigEndian: words[1])))
        return (high << 16 | low >> 32, UInt32(truncatingIfNeeded: low))
    }

    /// Eight times six bits, pushed together pair by pair.
    @inline(__always)
    private static func packed(_ word: UInt64) -> UInt64 {
        let pairs = word >> 2 & 0x0FC0_0FC0_0FC0_0FC0 | word & 0x003F_003F_003F_003F
        let fours = pairs >> 4 & 0x00FF_F000_00FF_F000 | pairs & 0x0000_0FFF_0000_0FFF
        return fours >> 8 & 0x0000_FFFF_FF00_0000 | fours & 0x00FF_FFFF
    }
}
