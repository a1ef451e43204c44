package import Installations

/// `Retry-After` (RFC 9110, section 10.2.3).
package enum RetryAfter {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// No wait is said to be longer, in milliseconds: whoever honours one bounds it far below.
    private static let longest: Int64 = 1_000_000_000_000

    /// Milliseconds to wait; nil for a value that is neither seconds nor a date.
    package static func parse(_ value: String, now: Timestamp) -> Int64? {
        let text = value.drop { isBlank($0) }
        guard let end = text.lastIndex(where: { !isBlank($0) }) else { return nil }
        let words = text[...end].split(separator: " ")
        // More digits than a number can have are a long wait all the same.
        if words.count == 1 {
            guard words[0].utf8.allSatisfy(isDigit) else { return nil }
            return Int64(words[0]).map { min($0, longest / 1000) * 1000 } ?? longest
        }
        return date(words, now: now).map { min(max(0, $0 - now.milliseconds), longest) }
    }

    /// One of the three forms of a date (RFC 9110 section 5.6.7) as unix milliseconds.
    private static func date(_ words: [Substring], now: Timestamp) -> Int64? {
        switch words.count {
        // Sun, 06 Nov 1994 08:49:37 GMT
        case 6 where words[5] == "GMT":
            return number(words[3], 4).flatMap { moment($0, words[2], words[1], words[4]) }
        // Sunday, 06-Nov-94 08:49:37 GMT
        case 4 where words[3] == "GMT":
            let day = words[1].split(separator: "-", omittingEmptySubsequences: false)
            guard day.count == 3, let year = number(day[2], 2) else { return nil }
            return moment(nearest(year, to: now), day[1], day[0], words[2])
        // Sun Nov  6 08:49:37 1994
        case 5: return number(words[4], 4).flatMap { moment($0, words[1], words[2], words[3]) }
        default: return nil
        }
    }

    private static func moment(_ year: Int64, _ month: Substring, _ day: Substring, _ time: Substring) -> Int64? {
        let parts = time.split(separator: ":", omittingEmptySubsequences: false)
        let clock = parts.compactMap { number($0, 2) }
        guard let month = months.firstIndex(of: String(month)), day.utf8.count <= 2,
            let day = number(day, day.utf8.count), (1...31).contains(day), (1900...9999).contains(year),
            parts.count == 3, clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]),
            (0...60).contains(clock[2])
        else { return nil }
        let days = daysSinceEpoch(year, Int64(month + 1), day)
        return (days * 86_400 + clock[0] * 3_600 + clock[1] * 60 + clock[2]) * 1000
    }

    /// A number of exactly so many digits: bounded like all that a target sends, since one of nineteen would overflow and
    /// end the process.
    private static func number(_ text: Substring, _ digits: Int) -> Int64? {
        text.utf8.count == digits && text.utf8.allSatisfy(isDigit) ? Int64(text) : nil
    }

    /// The year with these last two digits that is less than fifty years away.
    private static func nearest(_ year: Int64, to now: Timestamp) -> Int64 {
        let present = 1970 + now.milliseconds / 31_556_952_000
        let candidate = present - present % 100 + year
        if candidate > present + 50 { return candidate - 100 }
        return candidate < present - 49 ? candidate + 100 : candidate
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }

    /// Days since 1970-01-01 in the Gregorian calendar, counted in years that begin in March.
    private static func daysSinceEpoch(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
