/// Which names the members of one object may have.
protocol MemberNames {
    init()
    /// Whether the next member may have this name.
    mutating func insert(_ name: JSONScanner.Text, _ bytes: Span<UInt8>) -> Bool
}

/// Any name, any number of times.
struct AnyNames: MemberNames {
    mutating func insert(_ name: JSONScanner.Text, _ bytes: Span<UInt8>) -> Bool { true }
}

/// Each name once. Keeps the names of one object so far, as they lie in its source.
struct SeenNames: MemberNames {
    private static let few = 16

    /// The first few names, none with escapes: their source is what they mean.
    private var plain = InlineArray<16, Range<Int>>(repeating: 0..<0)
    private var count = 0
    /// All names, once they are many or one has escapes: a hostile object costs no quadratic time.
    private var all: Set<ExactText> = []

    /// Whether `name` is new.
    mutating func insert(_ name: JSONScanner.Text, _ bytes: Span<UInt8>) -> Bool {
        if all.isEmpty, count < Self.few, !name.hasEscapes {
            let text = bytes.extracting(name.range)
            for index in 0..<count where bytes.extracting(plain[index]).hasSameBytes(as: text) { return false }
            plain[count] = name.range
            count += 1
            return true
        }
        if all.isEmpty {
            for index in 0..<count { all.insert(ExactText(text: JSONScanner.source(plain[index], bytes))) }
        }
        return all.insert(ExactText(text: JSONScanner.decode(name, bytes))).inserted
    }
}
