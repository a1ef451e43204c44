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

    @Test func `a time is read as RFC 3339 has it`() {
        for (text, milliseconds) in [
            ("2026-11-23t12:00:00z", 1_795_435_200_000), ("2026-11-23T12:00:00.1Z", 1_795_435_200_100),
            ("2026-11-23T12:00:00.1239999Z", 1_795_435_200_123), ("2026-11-24T11:59:00+23:59", 1_795_435_200_000),
            ("2026-11-22T12:01:00-23:59", 1_795_435_200_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000),
            ("1969-12-31T23:59:59.999Z", -1), ("2000-02-29T00:00:00Z", 951_782_400_000),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ] as [(String, Int64)] {
            #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds, "\(text)")
        }
    }

    @Test func `a moment that nobody can write is the nearest that can be, and no sum of moments overflows`() {
        for milliseconds in [Int64.min, .max] {
            let time = Timestamp(milliseconds: milliseconds)
            #expect(Timestamp(milliseconds: time.milliseconds - milliseconds / 2).milliseconds != 0)
        }
        #expect(Timestamp.distantFuture.rfc3339 == "9999-12-31T23:59:59.999Z")
    }

    @Test func `days of five centuries are read as they are written`() {
        for day in stride(from: Int64(-50_000), to: 150_000, by: 11) {
            let time = Timestamp(milliseconds: day * 86_400_000 + 1)
            #expect(Timestamp(rfc3339: time.rfc3339) == time)
        }
    }

    @Test(arguments: [
        "", "yesterday", "2026-11-23", "1795435200", "2026-11-23T12:00:00", "2026-11-23 12:00:00Z",
        "2026-11-23T12:00:00Zz", "2026-11-23T12:00:00+0200", "2026-11-23T12:00:00+24:00", "2026-11-23T12:00:00.Z",
        "2026-11-23T24:00:00Z", "2026-11-23T12:60:00Z", "2026-11-23T12:00:61Z", "2026-02-29T12:00:00Z",
        "1900-02-29T12:00:00Z", "2026-11-31T12:00:00Z", "2026-00-01T12:00:00Z", "2026-13-01T12:00:00Z",
        "2026-1-1T0:0:0Z", "-026-11-23T12:00:00Z", "12026-11-23T12:00:00Z", "２026-11-23T12:00:00Z",
    ]) func `anything else is refused`(_ text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }
}
