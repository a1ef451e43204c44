extension Timestamp {
    /// Reads RFC 3339, section 5.6, to the letter, and cuts to milliseconds; nil for anything else.
    package init?(rfc3339 text: String) {
        var reader = RFC3339Reader(text)
        guard let milliseconds = reader.read() else { return nil }
        self.init(milliseconds: milliseconds)
    }
}

/// Foundation's reader takes a 30 February, an hour 24 and anything after the end, and refuses offsets past 18 hours: an
/// operator's mistyped `--since` would silently mean another day.
private struct RFC3339Reader {
    private var rest: ArraySlice<UInt8>

    /// Days from 0000-01-01 to 1970-01-01.
    private static let epoch = 719_528

    init(_ text: String) { rest = [UInt8](text.utf8)[...] }

    mutating func read() -> Int64? {
        guard let year = number(4, in: 0...9999), consume("-"), let month = number(2, in: 1...12), consume("-"),
            let day = number(2, in: 1...Self.days(in: month, of: year)), consume("T") || consume("t"),
            let hour = number(2, in: 0...23), consume(":"), let minute = number(2, in: 0...59), consume(":"),
            // A leap second is the first second of the next minute: unix time has none.
            let second = number(2, in: 0...60), let milliseconds = fraction(), let offset = offset(), rest.isEmpty
        else { return nil }
        let minutes = (Self.days(to: year, month, day) * 24 + hour) * 60 + minute - offset
        return Int64((minutes * 60 + second) * 1000 + milliseconds)
    }

    private mutating func consume(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func digit() -> Int? {
        guard let value = rest.first.map({ Int($0) - 48 }), (0...9).contains(value) else { return nil }  // 48 is "0".
        rest.removeFirst()
        return value
    }

    private mutating func number(_ length: Int, in range: ClosedRange<Int>) -> Int? {
        var value = 0
        for _ in 0..<length {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return range.contains(value) ? value : nil
    }

    /// Milliseconds; a point without a digit is none.
    private mutating func fraction() -> Int? {
        guard consume(".") else { return 0 }
        guard var value = digit() else { return nil }
        for _ in 0..<2 { value = value * 10 + (digit() ?? 0) }
        while digit() != nil {}
        return value
    }

    /// Minutes east of UTC.
    private mutating func offset() -> Int? {
        if consume("Z") || consume("z") { return 0 }
        let isWest = consume("-")
        guard isWest || consume("+"), let hours = number(2, in: 0...23), consume(":"),
            let minutes = number(2, in: 0...59)
        else { return nil }
        return (isWest ? -1 : 1) * (hours * 60 + minutes)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from the epoch to a day.
    private static func days(to year: Int, _ month: Int, _ day: Int) -> Int {
        let years = 365 * year + (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400
        return (1..<month).reduce(years + day - 1 - epoch) { $0 + days(in: $1, of: year) }
    }
}
