/// Finds many words in a text at once, in time that does not depend on how many there are (Aho and Corasick, 1975): a tree of
/// the words' beginnings, and for each of them the longest other one that it ends with.
struct WordFinder: Sendable {
    /// The root is 0. By a beginning and the byte that follows it.
    private var next: [UInt64: UInt32] = [:]
    /// For each beginning the longest other one that it ends with.
    private var fallback: [UInt32] = [0]
    /// The length of the longest word that each beginning ends with; 0 when there is none.
    private var word: [UInt32] = [0]

    /// Finds these words; none is empty.
    init(_ words: [[UInt8]]) {
        var unfinished = words.map { (word: $0, place: UInt32(0)) }
        var length = 0
        // All beginnings of one length before any longer one, which falls back to shorter ones.
        while !unfinished.isEmpty {
            length += 1
            for index in unfinished.indices {
                let (word, place) = unfinished[index]
                unfinished[index].place = child(of: place, word[length - 1])
                if word.count == length { self.word[Int(unfinished[index].place)] = UInt32(length) }
            }
            unfinished.removeAll { $0.word.count == length }
        }
    }

    /// Shows where words stand: of those that end at the same byte the longest. They may overlap.
    func forEach(in text: Span<UInt8>, visit: (Range<Int>) -> Void) {
        var place: UInt32 = 0
        for index in text.indices {
            place = step(from: place, text[index])
            let length = Int(word[Int(place)])
            if length > 0 { visit(index + 1 - length..<index + 1) }
        }
    }

    private mutating func child(of place: UInt32, _ byte: UInt8) -> UInt32 {
        if let known = next[Self.edge(place, byte)] { return known }
        let end = place == 0 ? 0 : step(from: fallback[Int(place)], byte)
        let child = UInt32(fallback.count)
        fallback.append(end)
        word.append(word[Int(end)])
        next[Self.edge(place, byte)] = child
        return child
    }

    private func step(from place: UInt32, _ byte: UInt8) -> UInt32 {
        var place = place
        while true {
            if let next = next[Self.edge(place, byte)] { return next }
            if place == 0 { return 0 }
            place = fallback[Int(place)]
        }
    }

    private static func edge(_ place: UInt32, _ byte: UInt8) -> UInt64 { UInt64(place) << 8 | UInt64(byte) }
}
