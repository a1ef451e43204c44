import Listening
import Testing

@Suite struct BodyBudgetTests {
    @Test func `one holder gets no more than its share`() throws {
        let budget = BodyBudget<String>(total: 100, share: 25)
        let first = try budget.charge(20, to: "a")
        #expect(throws: BodyRefusal.shareTaken) { try budget.charge(6, to: "a") }
        let second = try budget.charge(5, to: "a")
        let other = try budget.charge(25, to: "b")
        #expect(budget.taken == 50)
        #expect([first.bytes, second.bytes, other.bytes] == [20, 5, 25])
    }

    @Test func `all together get no more than there is`() throws {
        let budget = BodyBudget<Int>(total: 100, share: 25)
        let charges = try (0..<4).map { try budget.charge(25, to: $0) }
        #expect(throws: BodyRefusal.full) { try budget.charge(1, to: 4) }
        #expect(charges.count == 4)
    }

    @Test func `what is not referred to any more is given back, to its holder too`() throws {
        let budget = BodyBudget<String>(total: 100, share: 25)
        for _ in 0..<10 { _ = try budget.charge(25, to: "a") }
        #expect(budget.taken == 0)
        #expect(budget.resetHighest() == 25)
        #expect(budget.resetHighest() == 0)
    }

    @Test func `a charge grows while there is room and keeps what it has`() throws {
        let budget = BodyBudget<String>(total: 100, share: 25)
        let charge = try budget.charge(10, to: "a")
        try charge.grow(to: 25)
        #expect(throws: BodyRefusal.shareTaken) { try charge.grow(to: 26) }
        #expect(charge.bytes == 25 && budget.taken == 25)
        try charge.grow(to: 3)
        #expect(budget.taken == 25, "a body does not shrink")
    }
}
