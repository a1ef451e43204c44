import Installations
import Testing

@testable import Innkeeper

@Suite struct SinceTests {
    @Test func `an age may lie ahead`() {
        let now = Timestamp(milliseconds: 0)
        #expect(Since.parse("90d", age: .ahead, now: now) == Timestamp(milliseconds: 90 * 86_400_000))
        #expect(Since.parse("9999999d", age: .ahead, now: now) != nil, "it has a year of more than four digits")
    }

    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    @Test func `times, dates and ages are understood`() {
        #expect(Since.parse("2026-01-31T00:00:00Z")?.rfc3339 == "2026-01-31T00:00:00.000Z")
        #expect(Since.parse("2026-01-31")?.rfc3339 == "2026-01-31T00:00:00.000Z")
        #expect(Since.parse("2h", now: Self.now)?.milliseconds == Self.now.milliseconds - 7_200_000)
        #expect(Since.parse("7d", now: Self.now)?.milliseconds == Self.now.milliseconds - 604_800_000)
    }

    @Test(arguments: ["", "d", "-1d", "7w", "yesterday", "99999999999999d", "1.5h"])
    func `anything else is not`(_ text: String) {
        #expect(Since.parse(text) == nil)
    }
}
