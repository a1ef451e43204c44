package import Installations

/// `Retry-After` (RFC 9110, section 10.2.3).
package enum RetryAfter {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Milliseconds to wait; nil for a value that is neither seconds nor a date in the form everybody sends.
    package static func parse(_ value: String, now: Timestamp) -> Int64? {
        guard !value.isEmpty else { return nil }
        if value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            // More digits than a century has seconds is no wait but an overflow.
            return value.utf8.count > 9 ? nil : Int64(value).map { $0 * 1000 }
        }
        return date(value).map { max(0, $0 - now.milliseconds) }
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT` as unix milliseconds.
    private static func date(_ text: String) -> Int64? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])) else {
            return nil
        }
        // Bounded like all that a target sends: an hour of nineteen digits would overflow, and end the process.
        let clock = words[4].split(separator: ":").compactMap { Int64($0) }
        guard clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]), (0...60).contains(clock[2]),
            let year = Int64(words[3]), let day = Int64(words[1]), (1...31).contains(day),
            (1970...9999).contains(year)
        else { return nil }
        let days = daysSinceEpoch(year, Int64(month + 1), day)
        return (days * 86_400 + clock[0] * 3_600 + clock[1] * 60 + clock[2]) * 1000
    }

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
