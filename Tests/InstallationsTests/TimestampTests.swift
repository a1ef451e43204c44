import Testing

@testable import Installations

@Suite struct TimestampTests {
    @Test func `a time is written in UTC with milliseconds and read back`() {
        let time = Timestamp(milliseconds: 1_795_435_200_123)
        #expect(time.rfc3339 == "2026-11-23T12:00:00.123Z")
        #expect(Timestamp(rfc3339: time.rfc3339) == time)
        #expect(Timestamp(rfc3339: "2026-11-23T12:00:00Z")?.milliseconds == 1_795_435_200_000)
        #expect(Timestamp(rfc3339: "2026-11-23T14:00:00+02:00")?.milliseconds == 1_795_435_200_000)
    }

    @Test(arguments: ["", "yesterday", "2026-11-23", "1795435200"]) func `anything else is refused`(_ text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }
}
