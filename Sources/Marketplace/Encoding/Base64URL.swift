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
        let table = values
        let whole = text.count & ~3
        var invalid: UInt8 = 0
        var index = 0
        while index < whole {
            let (a, b) = (table[Int(text[index])], table[Int(text[index + 1])])
            let (c, d) = (table[Int(text[index + 2])], table[Int(text[index + 3])])
            invalid |= a | b | c | d
            output.append(a << 2 | b >> 4)
            output.append(b << 4 | c >> 2)
            output.append(c << 6 | d)
            index += 4
        }
        var surplus: UInt8 = 0
        if text.count - whole >= 2 {
            let (a, b) = (table[Int(text[whole])], table[Int(text[whole + 1])])
            let c = text.count - whole == 3 ? table[Int(text[whole + 2])] : 0
            invalid |= a | b | c
            output.append(a << 2 | b >> 4)
            if text.count - whole == 3 { output.append(b << 4 | c >> 2) }
            // Bits that no byte takes must be zero, or two texts would mean the same bytes.
            surplus = text.count - whole == 3 ? c & 0x03 : b & 0x0F
        }
        return invalid & Self.notInAlphabet == 0 && surplus == 0
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

    private static let notInAlphabet: UInt8 = 0x80

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The six bits of every byte of the alphabet, `notInAlphabet` for the rest.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: notInAlphabet, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()
}
