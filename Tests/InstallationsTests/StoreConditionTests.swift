import Installations
import Testing

@Suite struct StoreConditionTests {
    /// contract.md section 3.
    private let words: Set = ["full", "read-only", "locked", "broken", "gone", "starting", "stopping"]

    @Test(arguments: StoreCondition.allCases)
    func `each has a word of the contract, and words and a remedy of its own`(condition: StoreCondition) {
        #expect(words.contains(condition.word))
        let others = StoreCondition.allCases.filter { $0 != condition }
        #expect(!others.map(\.problem).contains(condition.problem))
        if condition.isOfStorage { #expect(!others.map(\.remedy).contains(condition.remedy)) }
        let text = "\(StoreError.unavailable(condition, code: "SQLite 1"))"
        #expect(text.contains(condition.problem) && text.contains(condition.remedy) && text.contains("SQLite 1"))
    }

    @Test func `every word of the contract is used`() {
        #expect(Set(StoreCondition.allCases.map(\.word)) == words)
    }
}
