import Installations
import Testing

@Suite struct LineBudgetTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func `no second has more than fifty lines, wherever it begins`() {
        let budget = LineBudget()
        var written: [UInt64] = []
        for step in 0..<4000 {
            let now = UInt64(step) * 1_000_000 + 5
            if budget.spend(at: now) { written.append(now) } else { budget.leaveOut() }
            if budget.summary(at: now) != nil { written.append(now) }
        }
        for begin in written {
            let count = written.count { $0 >= begin && $0 < begin + Self.second }
            #expect(count <= LineBudget.perSecond)
        }
        #expect(written.count >= 4 * (LineBudget.perSecond - 1))
    }

    @Test func `what is left out is told once, and not twice in a second`() {
        let budget = LineBudget()
        #expect(budget.summary(at: 1) == nil)
        budget.leaveOut(3)
        #expect(budget.summary(at: 1) == 3)
        budget.leaveOut()
        #expect(budget.summary(at: Self.second) == nil)
        #expect(budget.summary(at: Self.second + 1) == 1)
        #expect(budget.summary(at: 9 * Self.second) == nil)
    }
}
