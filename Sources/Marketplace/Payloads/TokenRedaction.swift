/// Removes tokens from a lifecycle body before it goes to the inbox and from there to the add-on's own code.
package enum TokenRedaction {
    /// The body less every token, without white space between its parts: no member named `authToken` at any depth, and
    /// nothing in any text, however it is escaped, that is one of their values or has the shape of a token. A text that is
    /// nothing else goes with its name; of a longer one the rest stands as it stood.
    package static func redactTokens(_ reader: PayloadReader) -> [UInt8] {
        let bytes = reader.body.span
        var tokens = TokenCollector()
        var rest = TokenRemover()
        do throws(JSONError) {
            try JSONGrammar.walk(bytes, &tokens)
            rest.finder = TokenFinder(known: tokens.found)
            try JSONGrammar.walk(bytes, &rest)
        } catch {
            // The reader has checked the grammar; what it would have refused holds nothing to keep.
            return Array("{}".utf8)
        }
        return rest.output
    }

    fileprivate static func isTokenField(_ name: JSONScanner.Text, _ bytes: Span<UInt8>) -> Bool {
        JSONScanner.matches(name, PayloadField.authToken.rawValue, bytes)
    }
}

/// Finds the values of all members named `authToken`.
private struct TokenCollector: JSONSink {
    private(set) var found: Set<ExactText> = []
    private var isNamed = false

    mutating func open(isObject: Bool) { isNamed = false }
    mutating func close(isObject: Bool) {}
    mutating func name(_ text: JSONScanner.Text, _ bytes: Span<UInt8>) {
        isNamed = TokenRedaction.isTokenField(text, bytes)
    }
    mutating func string(_ text: JSONScanner.Text, _ bytes: Span<UInt8>) {
        if isNamed { found.insert(ExactText(text: JSONScanner.decode(text, bytes))) }
        isNamed = false
    }
    mutating func other(_ range: Range<Int>, _ bytes: Span<UInt8>) { isNamed = false }
}

/// Writes down a value less what is a token.
private struct TokenRemover: JSONSink {
    var finder = TokenFinder()
    private(set) var output: [UInt8] = []
    /// For each array or object around: whether something stands in it already.
    private var hasMembers: [Bool] = []
    /// The name of the member whose value comes next, and its colon.
    private var name: [UInt8] = []
    /// Whether the value that comes next, or that is being read, is left out; and how many arrays and objects deep in it.
    private var isDropping = false
    private var droppedDepth = 0

    mutating func open(isObject: Bool) {
        if isDropping { return droppedDepth += 1 }
        begin()
        output.append(UInt8(ascii: isObject ? "{" : "["))
        hasMembers.append(false)
    }

    mutating func close(isObject: Bool) {
        if isDropping {
            droppedDepth -= 1
            return endDropped()
        }
        output.append(UInt8(ascii: isObject ? "}" : "]"))
        hasMembers.removeLast()
    }

    mutating func name(_ text: JSONScanner.Text, _ bytes: Span<UInt8>) {
        guard !isDropping else { return }
        // Under what is left of a name that held a token, nobody would look for the value.
        isDropping = TokenRedaction.isTokenField(text, bytes) || marks(in: text, bytes) != nil
        if !isDropping { name = Self.quoted(text, bytes) + [UInt8(ascii: ":")] }
    }

    mutating func string(_ text: JSONScanner.Text, _ bytes: Span<UInt8>) {
        if isDropping { return endDropped() }
        guard let marks = marks(in: text, bytes) else {
            begin()
            return output += Self.quoted(text, bytes)
        }
        guard let rest = rest(of: text, marks, bytes) else {
            name = []  // Nothing else may come under it.
            return
        }
        begin()
        output += [UInt8(ascii: "\"")] + rest + [UInt8(ascii: "\"")]
    }

    mutating func other(_ range: Range<Int>, _ bytes: Span<UInt8>) {
        if isDropping { return endDropped() }
        begin()
        output += Self.copy(range, bytes)
    }

    private mutating func endDropped() { isDropping = droppedDepth > 0 }

    /// Something is written in the innermost array or object.
    private mutating func begin() {
        guard let last = hasMembers.indices.last else { return }
        if hasMembers[last] { output.append(UInt8(ascii: ",")) }
        hasMembers[last] = true
        output += name
        name = []
    }

    /// For each byte of what a text means whether it is part of a token; nil when none is.
    private func marks(in text: JSONScanner.Text, _ bytes: Span<UInt8>) -> [Bool]? {
        guard text.hasEscapes else { return finder.marks(in: bytes.extracting(text.range)) }
        let decoded = JSONScanner.characters(of: text, bytes).bytes
        return finder.marks(in: decoded.span)
    }

    /// What stands in the source of a text less the characters that are part of a token; nil when nothing is left, or when the
    /// ends that meet where a token stood make one.
    private func rest(of text: JSONScanner.Text, _ marks: [Bool], _ bytes: Span<UInt8>) -> [UInt8]? {
        let (decoded, starts) = JSONScanner.characters(of: text, bytes)
        var (source, kept): ([UInt8], [UInt8]) = ([], [])
        for index in decoded.indices where !marks[index] {
            kept.append(decoded[index])
            // An escape stands with the last of its bytes.
            let end = index + 1 < starts.count ? starts[index + 1] : text.range.upperBound
            source += Self.copy(starts[index]..<end, bytes)
        }
        return kept.isEmpty || finder.marks(in: kept.span) != nil ? nil : source
    }

    private static func quoted(_ text: JSONScanner.Text, _ bytes: Span<UInt8>) -> [UInt8] {
        copy(text.range.lowerBound - 1..<text.range.upperBound + 1, bytes)
    }

    private static func copy(_ range: Range<Int>, _ bytes: Span<UInt8>) -> [UInt8] {
        range.map { bytes[$0] }
    }
}
