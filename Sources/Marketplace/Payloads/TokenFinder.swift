/// Finds tokens wherever they stand in a text: by their shape, and those that are known by their bytes. One pass each, in time
/// that grows with the text alone.
package struct TokenFinder: Sendable {
    /// A shorter text is a word and no token: looked for inside others it would be found everywhere.
    private static let shortest = 8

    /// What is not found by its shape wherever it stands.
    private let known: WordFinder?
    /// Those that are too short: only a text that is nothing else is one.
    private let short: Set<ExactText>

    /// Finds what has the shape of a token, and these.
    init(known: Set<ExactText> = []) {
        short = known.filter { $0.text.utf8.count < Self.shortest }
        let words = known.filter { $0.text.utf8.count >= Self.shortest && !Self.isFoundAnywhere($0.text.utf8.span) }
        self.known = words.isEmpty ? nil : WordFinder(words.map { Array($0.text.utf8) })
    }

    /// Whether anything in a text has the shape of a token.
    package static func isAny(in text: String) -> Bool {
        var isFound = false
        forEachShape(in: text.utf8.span) { _ in isFound = true }
        return isFound
    }

    /// For each byte of a text whether it is part of a token; nil when none is.
    func marks(in text: Span<UInt8>) -> [Bool]? {
        if !short.isEmpty, short.contains(ExactText(text: JSONScanner.source(text.indices, text))) {
            return Array(repeating: true, count: text.count)
        }
        var found: [Range<Int>] = []
        Self.forEachShape(in: text) { found.append($0) }
        known?.forEach(in: text) { found.append($0) }
        guard !found.isEmpty else { return nil }
        // They may overlap, and there may be as many as bytes: so each is marked at its ends alone.
        var changes = [Int](repeating: 0, count: text.count + 1)
        for range in found {
            changes[range.lowerBound] += 1
            changes[range.upperBound] -= 1
        }
        var depth = 0
        return changes.dropLast().map { change in
            depth += change
            return depth > 0
        }
    }

    // MARK: The shape

    /// Shows what has the shape of a token: a header, a dot, a payload, a dot, a signature, and what follows with further
    /// dots, which is the next token when two stand one right behind the other.
    private static func forEachShape(in text: Span<UInt8>, visit: (Range<Int>) -> Void) {
        let dot = UInt8(ascii: ".")
        var start = 0
        while let first = text.firstIndex(of: dot, from: start) {
            let second = end(of: first + 1, text)
            guard second < text.count, text[second] == dot, let header = header(in: start..<first, text) else {
                start = first + 1
                continue
            }
            var last = end(of: second + 1, text)
            while last < text.count, text[last] == dot, case let next = end(of: last + 1, text), next > last + 1 {
                last = next
            }
            visit(header..<last)
            start = last
        }
    }

    /// Where the letters of base64url end that begin at `start`.
    private static func end(of start: Int, _ text: Span<UInt8>) -> Int {
        var index = start
        while index < text.count, value(text[index]) != nil { index += 1 }
        return index
    }

    /// Where a token's header begins whose last letter is the last of `range`; nil when there is none. A header is a JSON
    /// object; whatever begins a word with `eyJ` is taken for one, and what stands behind other letters, as in `%20eyJ…`, when
    /// it is one.
    private static func header(in range: Range<Int>, _ text: Span<UInt8>) -> Int? {
        var word = range.upperBound
        while word > range.lowerBound, value(text[word - 1]) != nil { word -= 1 }
        let letters = word..<range.upperBound
        if letters.count >= 3, text[word] == UInt8(ascii: "e"), text[word + 1] == UInt8(ascii: "y"),
            text[word + 2] == UInt8(ascii: "J")
        {
            return word
        }
        return letters.first { isObject($0..<range.upperBound, text) }
    }

    /// Whether letters of base64url mean a text that begins as a JSON object does and ends as one.
    private static func isObject(_ range: Range<Int>, _ text: Span<UInt8>) -> Bool {
        let (rest, start, end) = (range.count % 4, range.lowerBound, range.upperBound)
        // What none of these letters is has no value, and is never asked for.
        func bits(_ index: Int) -> UInt8 { value(text[index]) ?? 0 }
        guard range.count >= 3, rest != 1, text[start] == UInt8(ascii: "e"), bits(start + 1) >> 4 == 3 else {
            return false
        }
        let second = bits(start + 1) << 4 | bits(start + 2) >> 2
        let last =
            switch rest {
            case 0: bits(end - 2) << 6 | bits(end - 1)
            case 2: bits(end - 2) << 2 | bits(end - 1) >> 4
            default: bits(end - 2) << 4 | bits(end - 1) >> 2
            }
        let space: [UInt8] = [0x20, 0x09, 0x0A, 0x0D]
        let isEmpty = second == UInt8(ascii: "}") && range.count == 3
        return isEmpty
            || (second == UInt8(ascii: "\"") || space.contains(second))
                && (last == UInt8(ascii: "}") || space.contains(last))
    }

    /// The six bits of a letter of base64url.
    private static func value(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): letter - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): letter - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): letter - UInt8(ascii: "0") + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }

    /// Whether a token is found by its shape whatever stands around it.
    private static func isFoundAnywhere(_ token: Span<UInt8>) -> Bool {
        guard let first = token.firstIndex(of: UInt8(ascii: ".")), isObject(0..<first, token) else { return false }
        var isWhole = false
        forEachShape(in: token) { isWhole = $0 == token.indices }
        return isWhole
    }
}
