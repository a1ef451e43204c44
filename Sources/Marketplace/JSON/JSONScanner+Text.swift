extension JSONScanner {
    /// The characters of a string this scanner stepped over.
    static func decode(_ text: Text, _ bytes: Span<UInt8>) -> String {
        text.hasEscapes ? unescape(text.range, bytes) : source(text.range, bytes)
    }

    /// Whether a string this scanner stepped over is exactly `word`, however it is escaped.
    @inline(__always)
    static func matches(_ text: Text, _ word: String, _ bytes: Span<UInt8>) -> Bool {
        if text.hasEscapes { return unescape(text.range, bytes).hasSameBytes(as: word) }
        guard text.range.count == word.utf8.count else { return false }
        return bytes.extracting(text.range).hasSameBytes(as: word.utf8.span)
    }

    /// A range of the source, already known to be UTF-8, as text.
    static func source(_ range: Range<Int>, _ bytes: Span<UInt8>) -> String {
        unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// The bytes of a string this scanner stepped over, and for each of them where in the source its character begins: the
    /// bytes of one escape begin at the same place.
    static func characters(of text: Text, _ bytes: Span<UInt8>) -> (bytes: [UInt8], starts: [Int]) {
        var (result, starts): ([UInt8], [Int]) = ([], [])
        var index = text.range.lowerBound
        while index < text.range.upperBound {
            let start = index
            appendCharacter(at: &index, bytes, to: &result)
            while starts.count < result.count { starts.append(start) }
        }
        return (result, starts)
    }

    private static func unescape(_ range: Range<Int>, _ bytes: Span<UInt8>) -> String {
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound { appendCharacter(at: &index, bytes, to: &result) }
        return String(decoding: result, as: UTF8.self)
    }

    /// Steps over one escape, or over one byte that is none.
    private static func appendCharacter(at index: inout Int, _ bytes: Span<UInt8>, to result: inout [UInt8]) {
        guard bytes[index] == UInt8(ascii: "\\") else {
            result.append(bytes[index])
            index += 1
            return
        }
        let letter = bytes[index + 1]
        index += 2
        switch letter {
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0C)
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "r"): result.append(0x0D)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "u"): result.append(contentsOf: scalar(&index, bytes).utf8)
        default: result.append(letter)
        }
    }

    /// The character of a checked `\u` escape whose digits begin at `index`, with its second half if it is a pair; U+FFFD for
    /// a half that is alone.
    private static func scalar(_ index: inout Int, _ bytes: Span<UInt8>) -> String {
        func unit(_ start: Int) -> UInt16 { (0..<4).reduce(0) { $0 << 4 | nibble(bytes[start + $1]) } }
        var units = [unit(index)]
        index += 4
        if UTF16.isLeadSurrogate(units[0]), bytes.count - index >= 6, bytes[index] == UInt8(ascii: "\\"),
            bytes[index + 1] == UInt8(ascii: "u"), UTF16.isTrailSurrogate(unit(index + 2))
        {
            units.append(unit(index + 2))
            index += 6
        }
        return String(decoding: units, as: UTF16.self)
    }

    /// The value of a hexadecimal digit.
    static func nibble(_ digit: UInt8) -> UInt16 {
        UInt16(digit < UInt8(ascii: "A") ? digit & 0x0F : (digit & 0x0F) + 9)
    }
}
