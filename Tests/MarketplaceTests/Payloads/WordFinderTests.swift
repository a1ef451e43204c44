import Testing

@testable import Marketplace

@Suite struct WordFinderTests {
    /// For each byte the longest word that ends there, by looking for each at each place.
    private func slow(_ words: [[UInt8]], _ text: [UInt8]) -> [Range<Int>] {
        (1...max(1, text.count)).compactMap { end in
            let ending = words.filter { $0.count <= end && text[..<end].suffix($0.count).elementsEqual($0) }
            return ending.map(\.count).max().map { end - $0..<end }
        }
    }

    @Test func `words that share letters are found where a slow search finds them`() {
        var random = SeededRandom(state: 6)
        func word(_ lengths: ClosedRange<Int>) -> [UInt8] {
            (0..<Int.random(in: lengths, using: &random)).map { _ in UInt8.random(in: 1...2, using: &random) }
        }
        for _ in 0..<2000 {
            let words = (0..<Int.random(in: 1...5, using: &random)).map { _ in word(1...5) }
            let text = word(1...30)
            var found: [Range<Int>] = []
            WordFinder(words).forEach(in: text.span) { found.append($0) }
            #expect(found == slow(words, text), "\(words) \(text)")
        }
    }
}
