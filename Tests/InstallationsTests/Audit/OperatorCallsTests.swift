import Installations
import TestSupport
import Testing

@Suite struct OperatorCallsTests {
    private let calls = OperatorCalls()
    private let clock = TestClock()

    private func kind(_ key: Int) -> OperatorCalls.Kind {
        OperatorCalls.Kind(by: .apiKey("\(key)"), .refuseCall, outcome: "refused: x")
    }

    @Test func `the first of a kind gets a record, the others one when their time is over`() {
        #expect((1...5).count { _ in calls.admitsRecord(kind(1), at: clock.now) } == 1)
        #expect(calls.admitsRecord(kind(2), at: clock.now))
        #expect(calls.ended(at: clock.now).isEmpty)
        clock.advance(seconds: 600)
        #expect(calls.ended(at: clock.now).map(\.count) == [4])
        #expect(calls.admitsRecord(kind(1), at: clock.now), "a new window")
    }

    @Test func `a clock that steps back ends the window`() {
        for _ in 1...3 { _ = calls.admitsRecord(kind(1), at: clock.now) }
        #expect(calls.ended(at: Timestamp(milliseconds: clock.now.milliseconds - 86_400_000)).map(\.count) == [2])
    }

    @Test func `kinds beyond the bound are counted together`() {
        let records = (1...2000).count { calls.admitsRecord(kind($0), at: clock.now) }
        #expect(records == OperatorCalls.kinds + 1)
        #expect(calls.ended(at: Timestamp(milliseconds: .max)).map(\.count) == [2000 - records])
    }
}
