import Installations

/// A moment given on the command line.
enum Since {
    /// On which side of now a time without a date lies.
    enum Age: Int64 {
        case ago = -1
        case ahead = 1
    }

    /// What is read, in words that follow "must be".
    static let forms = "an RFC 3339 time, a date, or an age such as 90m, 12h, 7d"

    /// An RFC 3339 time, a date, or how long ago or ahead: `90s`, `30m`, `12h`, `7d`. Nil for anything else.
    static func parse(_ text: String, age: Age = .ago, now: Timestamp = .now()) -> Timestamp? {
        if let time = Timestamp(rfc3339: text) { return time }
        if text.utf8.count == 10, let day = Timestamp(rfc3339: text + "T00:00:00Z") { return day }
        let lengths: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let unit = text.last, let length = lengths[unit], text.utf8.count <= 8,
            let count = Int64(text.dropLast()), count >= 0
        else { return nil }
        return Timestamp(milliseconds: now.milliseconds + age.rawValue * count * length * 1000)
    }
}
