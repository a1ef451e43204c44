import Installations
import Testing

@testable import Webhooks

/// What a target came to in the last hour.
@Suite struct TargetFiguresTests {
    private let figures = TargetFigures()

    private func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: 1_800_000_000_000 + seconds * 1000) }

    @Test func `attempts are counted for an hour`() {
        figures.note(nil, milliseconds: 10, at: at(0))
        figures.note(.timeout, milliseconds: 20, at: at(60))
        figures.note(nil, milliseconds: 30, at: at(3540))
        let standing = figures.standing(at: at(3599))
        #expect((standing.delivered, standing.failed) == (2, 1) && standing.successRate == 2.0 / 3)
        #expect(figures.standing(at: at(3600)).delivered == 1)
        // An hour later the same place counts anew.
        figures.note(nil, milliseconds: 10, at: at(3600))
        #expect(figures.standing(at: at(3600)).delivered == 2)
        #expect(figures.standing(at: at(100_000)).successRate == nil)
    }

    @Test func `a target is down after three failures and no success in a minute`() {
        figures.note(nil, milliseconds: 1, at: at(0))
        for second in 1...2 { figures.note(.cannotConnect, milliseconds: 1, at: at(Int64(second))) }
        #expect(figures.standing(at: at(600)).downSince == nil)
        figures.note(.cannotConnect, milliseconds: 1, at: at(3))
        #expect(figures.standing(at: at(59)).downSince == nil)
        #expect(figures.standing(at: at(60)).downSince == at(1))
        #expect(figures.standing(at: at(60)).lastFailure?.text == "cannot connect")
        figures.note(nil, milliseconds: 1, at: at(61))
        #expect(figures.standing(at: at(600)).downSince == nil)
    }

    @Test func `a target that nobody reaches is down at once`() {
        figures.note(.cannotConnect, milliseconds: 1, at: at(5))
        figures.note(isOpen: true)
        #expect(figures.standing(at: at(5)).downSince == at(5) && figures.standing(at: at(5)).isOpen)
        figures.note(isOpen: false)
        #expect(figures.standing(at: at(5)).downSince == nil)
    }

    @Test func `who was down is forgotten when nothing waits for it`() {
        for second in 1...3 { figures.note(.status(400), milliseconds: 1, at: at(Int64(second))) }
        #expect(figures.standing(at: at(60), hasBacklog: false).downSince == at(1))
        #expect(figures.standing(at: at(122), hasBacklog: false).downSince == at(1))
        #expect(figures.standing(at: at(123), hasBacklog: false).downSince == nil)
        #expect(figures.standing(at: at(123), hasBacklog: true).downSince == at(1))
    }

    @Test func `percentiles are of all that was counted, upwards to a third`() {
        var counts = LatencyCounts()
        #expect(counts.percentile(50) == nil)
        for milliseconds in 1...100 { counts.add(Int64(milliseconds)) }
        #expect(counts.percentile(50) == 64 && counts.percentile(95) == 113 && counts.percentile(99) == 113)
        var slow = LatencyCounts()
        slow.add(1_000_000)
        counts.add(slow)
        #expect(counts.percentile(100) == 15_000 && counts.percentile(1) == 2)
    }
}
