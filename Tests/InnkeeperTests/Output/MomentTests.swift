import Installations
import Testing

@testable import Innkeeper

@Suite struct MomentTests {
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    @Test(arguments: [
        (0, "0s ago"), (59, "59s ago"), (60, "1m ago"), (3599, "59m ago"), (3600, "1h ago"), (86_400, "1d ago"),
        (3 * 86_400 + 5, "3d ago"), (31_557_600, "1y ago"), (-5, "in the future"),
    ])
    func `an age is one number with a unit`(_ seconds: Int64, _ age: String) {
        let time = Timestamp(milliseconds: Self.now.milliseconds - seconds * 1000).rfc3339
        #expect(Moment.age(time, now: Self.now) == age)
    }

    @Test func `a program gets the time, a person the age`() {
        let time = Timestamp(milliseconds: Self.now.milliseconds - 60_000).rfc3339
        #expect(Moment.cell(time, terminal: Terminal(), now: Self.now) == time)
        #expect(Moment.cell(time, terminal: Terminal(isTerminal: true, width: 80), now: Self.now) == "1m ago")
        #expect(Moment.cell(nil, terminal: Terminal(), now: Self.now) == "")
    }

    @Test func `a text that is no time stays as it is`() {
        #expect(Moment.age("yesterday", now: Self.now) == "yesterday")
    }

    @Test(arguments: [(5, "5s"), (65, "1m 05s"), (3_900, "1h 05m")])
    func `durations are short`(_ seconds: Int, _ text: String) {
        #expect(Moment.duration(seconds: seconds) == text)
    }
}
