import Marketplace

/// Readings of field values that both listeners must agree on. White space behind a value is gone already.
package enum FieldValue {
    /// Whether `list` has the element `word`, given in lower case (RFC 9110 section 5.6.1).
    package static func list(_ list: String, has word: String) -> Bool {
        list.utf8.split(separator: UInt8(ascii: ",")).contains { element in
            let start = element.firstIndex { !isBlank($0) } ?? element.endIndex
            let end = element.lastIndex { !isBlank($0) }.map { element.index(after: $0) } ?? start
            return element[start..<end].elementsEqual(word.utf8) { lowercased($0) == $1 }
        }
    }

    /// The length that `Content-Length` announces; nil for a text that is none. Longer than an `Int` can say is longer than
    /// any limit.
    package static func length(_ text: String) -> Int? {
        guard !text.isEmpty else { return nil }
        var length = 0
        for byte in text.utf8 {
            guard isDigit(byte) else { return nil }
            let (tenfold, isTooLong) = length.multipliedReportingOverflow(by: 10)
            let (sum, isLonger) = tenfold.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            length = isTooLong || isLonger ? .max : sum
        }
        return length
    }

    /// Whether this can stand in `Host`: a name or an address, perhaps with a port (RFC 9110 section 7.2). It may be empty,
    /// as for a target without authority.
    package static func isHost(_ text: String) -> Bool {
        let bytes = text.utf8.span
        var index = 0
        if bytes.count > 0, bytes[0] == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")), end > 2 else { return false }
            for place in 1..<end where !isAddress(bytes[place]) { return false }
            index = end + 1
        } else {
            while index < bytes.count, bytes[index] != UInt8(ascii: ":") {
                guard isName(bytes[index]) else { return false }
                index += 1
            }
        }
        return index == bytes.count || (bytes[index] == UInt8(ascii: ":") && isPort(bytes, from: index + 1))
    }

    private static func isPort(_ bytes: Span<UInt8>, from start: Int) -> Bool {
        var port = 0
        for index in start..<bytes.count {
            guard isDigit(bytes[index]) else { return false }
            port = port * 10 + Int(bytes[index] - UInt8(ascii: "0"))
            guard port <= 65_535 else { return false }
        }
        return true
    }

    /// Letters, digits, and the rest of what `reg-name` may have (RFC 3986 section 3.2.2).
    private static func isName(_ byte: UInt8) -> Bool {
        switch lowercased(byte) {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "%"), UInt8(ascii: "!"),
            UInt8(ascii: "$"), UInt8(ascii: "&")...UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "="):
            return true
        default: return false
        }
    }

    private static func isAddress(_ byte: UInt8) -> Bool {
        switch lowercased(byte) {
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"),
            UInt8(ascii: "."):
            return true
        default: return false
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
