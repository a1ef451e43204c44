import Testing

@testable import Installations

@Suite struct NearestNameTests {
    @Test(arguments: [
        ("", "", 0), ("abc", "abc", 0), ("abc", "abd", 1), ("abc", "", 3), ("", "ab", 2), ("kitten", "sitting", 3),
    ])
    func `the distance counts changed letters`(_ left: String, _ right: String, _ distance: Int) {
        #expect(NearestName.distance(left, right) == distance)
    }

    @Test func `what is nothing like a name has no nearest one`() {
        #expect(NearestName.find("zzzzzzzz", among: ["store", "log.level"]) == nil)
        #expect(NearestName.find(String(repeating: "a", count: 10_000), among: ["aaa"]) == nil)
    }
}
