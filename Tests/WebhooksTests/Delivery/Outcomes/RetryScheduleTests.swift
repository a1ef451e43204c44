import Installations
import Testing

@testable import Webhooks

@Suite struct RetryScheduleTests {
    private let schedule = RetrySchedule()

    @Test func `the first wait is at most two seconds, whatever the dice say`() {
        #expect(schedule.wait(after: 1, random: 1) == 2_000)
        #expect(schedule.wait(after: 1, random: 0) == 0)
    }

    @Test func `each bound is twice the one before, up to an hour`() {
        let bounds = (1...20).map { schedule.wait(after: $0, random: 1) }
        for (bound, next) in zip(bounds, bounds.dropFirst()) { #expect(next == min(2 * bound, 3_600_000)) }
        #expect(schedule.wait(after: .max, random: 1) == 3_600_000)
    }

    @Test func `the wait is spread over the whole bound`() {
        #expect(schedule.wait(after: 5, random: 0.5) == 16_000)
        #expect(schedule.wait(after: 5, random: 0.25) == 8_000)
    }

    @Test func `a target may ask for more, but not for ever`() {
        #expect(schedule.wait(after: 1, asked: 120_000, random: 1) == 120_000)
        #expect(schedule.wait(after: 10, asked: 1_000, random: 1) > 1_000)
        #expect(schedule.wait(after: 1, asked: .max, random: 0) == 86_400_000)
    }

    @Test func `an event is tried for three days, and one that waited longer still has three attempts`() {
        let start = Timestamp(milliseconds: 0)
        let (before, after) = (Timestamp(milliseconds: 259_199_999), Timestamp(milliseconds: 259_200_000))
        #expect(!schedule.isOver(attempts: 100, since: start, now: before))
        #expect(schedule.isOver(attempts: 100, since: start, now: after))
        #expect(!schedule.isOver(attempts: 2, since: start, now: after))
        #expect(schedule.isOver(attempts: 3, since: start, now: after))
    }

    @Test func `with average luck three days take some dozens of attempts`() {
        var (elapsed, attempts): (Int64, Int) = (0, 0)
        while !schedule.isOver(
            attempts: attempts, since: Timestamp(milliseconds: 0), now: Timestamp(milliseconds: elapsed))
        {
            attempts += 1
            elapsed += schedule.wait(after: attempts, random: 0.5)
        }
        #expect((50...300).contains(attempts))
        #expect(elapsed < 4 * 86_400_000)
    }
}
