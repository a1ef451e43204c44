import Installations
import Testing

@testable import Innkeeper

@Suite struct SinceTests {
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
