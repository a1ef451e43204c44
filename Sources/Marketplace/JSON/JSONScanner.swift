/// The tokens of RFC 8259, read byte by byte. Every access is bounds-checked by `Span`, so no input can read outside.
///
/// The text is handed to each call rather than kept, because a `Span` cannot be stored in an escapable value.
struct JSONScanner {
    /// The next byte to read.
    var position = 0
    /// Whether an escape may be half of a surrogate pair. The grammar lets it, and UTF-8 has no such character.
    var takesHalves = false

    /// A string between its quotes, already known to be valid.
    struct Text {
        let range: Range<Int>
        let hasEscapes: Bool
    }

    /// The next byte behind white space; nil at the end.
    @inline(__always)
    mutating func peek(_ bytes: Span<UInt8>) -> UInt8? {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            case let byte: return byte
            }
        }
        return nil
    }

    /// Steps over `byte` when it comes next behind white space.
    @inline(__always)
    mutating func consume(_ byte: Unicode.Scalar, _ bytes: Span<UInt8>) -> Bool {
        guard peek(bytes) == UInt8(ascii: byte) else { return false }
        position += 1
        return true
    }

    /// Steps over `byte`, which must come next behind white space.
    @inline(__always)
    mutating func expect(_ byte: Unicode.Scalar, _ bytes: Span<UInt8>) throws(JSONError) {
        guard consume(byte, bytes) else { throw .malformed(offset: position) }
    }

    /// Steps over one of `true`, `false`, `null`.
    @inline(__always)
    mutating func literal(_ word: String, _ bytes: Span<UInt8>) throws(JSONError) {
        for letter in word.utf8 where !skip(letter, bytes) { throw .malformed(offset: position) }
    }

    /// Steps over a number and returns its source range.
    mutating func number(_ bytes: Span<UInt8>) throws(JSONError) -> Range<Int> {
        let start = position
        skip(UInt8(ascii: "-"), bytes)
        // A leading zero stands alone: other readers take 010 for eight.
        if !skip(UInt8(ascii: "0"), bytes) { try digits(bytes) }
        if skip(UInt8(ascii: "."), bytes) { try digits(bytes) }
        if skip(UInt8(ascii: "e"), bytes) || skip(UInt8(ascii: "E"), bytes) {
            if !skip(UInt8(ascii: "+"), bytes) { skip(UInt8(ascii: "-"), bytes) }
            try digits(bytes)
        }
        return start..<position
    }

    /// Steps over a string, opening quote to closing quote. Checks escapes and UTF-8.
    mutating func string(_ bytes: Span<UInt8>) throws(JSONError) -> Text {
        try expect("\"", bytes)
        let start = position
        var hasEscapes = false
        var seen: UInt64 = 0
        while true {
            skipPlain(bytes, &seen)
            guard position < bytes.count else { throw .malformed(offset: position) }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                let range = start..<position
                position += 1
                if seen & UInt64.highBits != 0, (try? UTF8Span(validating: bytes.extracting(range))) == nil {
                    throw .invalidText(offset: start)
                }
                return Text(range: range, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try escape(bytes)
            case 0x00..<0x20:
                throw .malformed(offset: position)
            case let byte:  // Only among the last few, which make no whole word.
                seen |= UInt64(byte)
                position += 1
            }
        }
    }

    /// Steps over whole words up to the first byte that means something in a string, if one of them holds it. `seen`
    /// gets the bits of all bytes on the way.
    @inline(__always)
    private mutating func skipPlain(_ bytes: Span<UInt8>, _ seen: inout UInt64) {
        var index = position
        while bytes.count - index >= 8 {
            let word = bytes.word(at: index)
            seen |= word
            let stops =
                word.places(of: UInt8(ascii: "\"")) | word.places(of: UInt8(ascii: "\\")) | word.places(below: 0x20)
            if stops != 0 {
                index += stops.trailingZeroBitCount / 8
                break
            }
            index += 8
        }
        position = index
    }

    /// Steps over one escape. A surrogate must be the first half of a pair, unless halves are taken.
    private mutating func escape(_ bytes: Span<UInt8>) throws(JSONError) {
        let start = position
        position += 1
        guard position < bytes.count else { throw .malformed(offset: position) }
        switch bytes[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            let unit = try hexadecimal(bytes)
            if takesHalves { return }
            if UTF16.isTrailSurrogate(unit) { throw .invalidText(offset: start) }
            guard UTF16.isLeadSurrogate(unit) else { return }
            guard skip(UInt8(ascii: "\\"), bytes), skip(UInt8(ascii: "u"), bytes) else {
                throw .invalidText(offset: start)
            }
            guard UTF16.isTrailSurrogate(try hexadecimal(bytes)) else { throw .invalidText(offset: start) }
        default:
            throw .malformed(offset: position)
        }
    }

    /// Reads the four digits of a `\u` escape.
    mutating func hexadecimal(_ bytes: Span<UInt8>) throws(JSONError) -> UInt16 {
        guard bytes.count - position >= 4 else { throw .malformed(offset: position) }
        var unit: UInt16 = 0
        for _ in 0..<4 {
            switch bytes[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "F"),
                UInt8(ascii: "a")...UInt8(ascii: "f"):
                unit = unit << 4 | Self.nibble(bytes[position])
            default: throw .malformed(offset: position)
            }
            position += 1
        }
        return unit
    }

    private mutating func digits(_ bytes: Span<UInt8>) throws(JSONError) {
        let start = position
        while position < bytes.count, case UInt8(ascii: "0")...UInt8(ascii: "9") = bytes[position] { position += 1 }
        if position == start { throw .malformed(offset: position) }
    }

    /// Steps over `byte` when it is the very next one.
    @discardableResult
    private mutating func skip(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }
}
