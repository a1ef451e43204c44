import Installations

/// Times as people read them.
enum Moment {
    /// How long ago an RFC 3339 time is, such as `3d ago`; text in another form stays as it is.
    static func age(_ text: String, now: Timestamp) -> String {
        guard let time = Timestamp(rfc3339: text) else { return text }
        let seconds = now.seconds - time.seconds
        guard seconds >= 0 else { return "in the future" }
        for (unit, length) in [("y", 31_557_600), ("d", 86_400), ("h", 3_600), ("m", 60)] as [(String, Int64)]
        where seconds >= length {
            return "\(seconds / length)\(unit) ago"
        }
        return "\(seconds)s ago"
    }

    /// An age on a terminal; the time itself where a program may read it.
    static func cell(_ text: String?, terminal: Terminal, now: Timestamp = .now()) -> String {
        guard let text else { return "" }
        return terminal.isTerminal ? age(text, now: now) : text
    }

    /// The time with its age behind it, for one thing in detail.
    static func detail(_ text: String?, terminal: Terminal, now: Timestamp = .now()) -> String? {
        guard let text, terminal.isTerminal else { return text }
        return "\(text) (\(age(text, now: now)))"
    }

    /// A duration in seconds, such as `1h 05m`.
    static func duration(seconds: Int) -> String {
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        if seconds >= 3600 { return "\(seconds / 3600)h \(padded(seconds % 3600 / 60))m" }
        if seconds >= 60 { return "\(seconds / 60)m \(padded(seconds % 60))s" }
        return "\(seconds)s"
    }
}
