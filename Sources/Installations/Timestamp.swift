import FoundationEssentials

/// A moment as unix milliseconds: what the store keeps and what every time in a tenant's row is.
package struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    package let milliseconds: Int64

    /// The years that RFC 3339 can write, 0000 to 9999. A file that somebody edited may say anything; within these no sum or
    /// difference of moments and lengths overflows, which would end the process.
    private static let range: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    /// A moment from unix milliseconds: the nearest one of the years 0000 to 9999.
    package init(milliseconds: Int64) {
        self.milliseconds = min(max(milliseconds, Self.range.lowerBound), Self.range.upperBound)
    }

    /// The wall clock, cut to milliseconds.
    package static func now() -> Timestamp {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }

    /// After every other moment.
    package static let distantFuture = Timestamp(milliseconds: range.upperBound)

    /// Whole unix seconds, as a token's `exp` and `nbf` count them.
    package var seconds: Int64 { milliseconds / 1000 }

    /// RFC 3339 in UTC with milliseconds, as every time in the operator API.
    package var rfc3339: String {
        // Milliseconds are written by hand: the formatter cuts a binary fraction and may come out one too low.
        let seconds = Int64((Double(milliseconds) / 1000).rounded(.down))
        let fraction = String(1000 + milliseconds - seconds * 1000).dropFirst()
        let text = Date(timeIntervalSince1970: Double(seconds)).formatted(Date.ISO8601FormatStyle())
        return "\(text.dropLast()).\(fraction)Z"
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }
}

/// Where the time comes from: the wall clock in `serve`, a fixed value in tests.
package typealias Now = @Sendable () -> Timestamp
