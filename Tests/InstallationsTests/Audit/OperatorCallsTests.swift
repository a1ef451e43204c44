import TestSupport
import Testing

@testable import Installations

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

    @Test func `the first of a kind says what it is about, and the others are counted`() async throws {
        let log = MemoryLog()
        for count in 1...3 {
            await calls.note(kind(1), count: count, detail: "\(count)", at: clock.now, in: log)
        }
        try await calls.record(endedBy: Timestamp(milliseconds: .max), at: clock.now, in: log)
        #expect(log.entries.map(\.detail) == ["1", "5 more"])
    }

    @Test func `what the log does not take goes into the next record, and nobody is told`() async throws {
        let log = MemoryLog()
        log.fail(.unavailable(.full, code: "test"))
        await calls.note(kind(1), count: 4, at: clock.now, in: log)
        log.fail(nil)
        await calls.note(kind(1), count: 2, at: clock.now, in: log)
        try await calls.record(endedBy: Timestamp(milliseconds: .max), at: clock.now, in: log)
        #expect(log.entries.map(\.detail) == ["6 more"])
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
