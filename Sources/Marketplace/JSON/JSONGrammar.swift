/// JSON's grammar alone (RFC 8259): what a text must be whose content nobody here decides by. A name may come twice, an escape
/// may be half of a surrogate pair (an emoji that somebody cut in two), and values may lie deep: no stack grows with them.
package enum JSONGrammar {
    /// How many arrays and objects a value may lie in.
    package static let maximumDepth = 1000

    /// Checks one value without building it, and calls `visit` with the source range of each value whose name in the
    /// top-level object is `name`.
    package static func validate(
        _ bytes: Span<UInt8>, topLevel name: String, visit: (Range<Int>) -> Void
    ) throws(JSONError) {
        _ = try members(bytes) { member, value in
            if JSONScanner.matches(member, name, bytes) { visit(value) }
        }
    }

    /// Checks one value and shows the members of the top-level object, in order, before it is known whether all is well.
    /// Returns whether the value is an object.
    @inline(__always)
    static func members(
        _ bytes: Span<UInt8>, visit: (JSONScanner.Text, Range<Int>) -> Void
    ) throws(JSONError) -> Bool {
        var scanner = JSONScanner(takesHalves: true)
        let isObject = scanner.peek(bytes) == UInt8(ascii: "{")
        if isObject {
            try scanner.members(bytes, AnyNames.self) { (scanner, name) throws(JSONError) in
                visit(name, try scanner.range(bytes, inside: 1))
            }
        } else {
            _ = try scanner.range(bytes, inside: 0)
        }
        if scanner.peek(bytes) != nil { throw .malformed(offset: scanner.position) }
        return isObject
    }

    /// The source ranges of an array's elements; nil for any other value. The text was checked already.
    static func elements(_ bytes: Span<UInt8>) throws(JSONError) -> [Range<Int>]? {
        var scanner = JSONScanner(takesHalves: true)
        guard scanner.peek(bytes) == UInt8(ascii: "[") else { return nil }
        var ranges: [Range<Int>] = []
        try scanner.elements(bytes) { (scanner) throws(JSONError) in
            ranges.append(try scanner.range(bytes, inside: 1))
        }
        return ranges
    }

    /// Shows one value to `sink`, part by part.
    static func walk(_ bytes: Span<UInt8>, _ sink: inout some JSONSink) throws(JSONError) {
        var scanner = JSONScanner(takesHalves: true)
        try scanner.walk(bytes, inside: 0, &sink)
        if scanner.peek(bytes) != nil { throw .malformed(offset: scanner.position) }
    }
}

/// Sees the parts of a value in order.
protocol JSONSink {
    /// An object begins, or an array.
    mutating func open(isObject: Bool)
    /// What was opened last ends.
    mutating func close(isObject: Bool)
    mutating func name(_ text: JSONScanner.Text, _ bytes: Span<UInt8>)
    mutating func string(_ text: JSONScanner.Text, _ bytes: Span<UInt8>)
    /// A number or a word.
    mutating func other(_ range: Range<Int>, _ bytes: Span<UInt8>)
}

/// Looks at nothing.
private struct NoSink: JSONSink {
    mutating func open(isObject: Bool) {}
    mutating func close(isObject: Bool) {}
    mutating func name(_ text: JSONScanner.Text, _ bytes: Span<UInt8>) {}
    mutating func string(_ text: JSONScanner.Text, _ bytes: Span<UInt8>) {}
    mutating func other(_ range: Range<Int>, _ bytes: Span<UInt8>) {}
}

/// The arrays and objects that a value lies in: one bit each.
private struct Nesting {
    private var bits = InlineArray<16, UInt64>(repeating: 0)
    private(set) var count = 0

    /// Whether the innermost is an object; nil when there is none.
    var last: Bool? {
        guard count > 0 else { return nil }
        return bits[(count - 1) / 64] & 1 << UInt64((count - 1) % 64) != 0
    }

    mutating func push(isObject: Bool) {
        let bit: UInt64 = 1 << UInt64(count % 64)
        if isObject { bits[count / 64] |= bit } else { bits[count / 64] &= ~bit }
        count += 1
    }

    mutating func pop() { count -= 1 }
}

extension JSONScanner {
    /// Steps over one value that lies in `depth` others, and returns where it is. White space is not part of it.
    @inline(__always)
    fileprivate mutating func range(_ bytes: Span<UInt8>, inside depth: Int) throws(JSONError) -> Range<Int> {
        _ = peek(bytes)
        let start = position
        var nobody = NoSink()
        try walk(bytes, inside: depth, &nobody)
        return start..<position
    }

    fileprivate mutating func walk(
        _ bytes: Span<UInt8>, inside depth: Int, _ sink: inout some JSONSink
    ) throws(JSONError) {
        var nesting = Nesting()
        while true {
            let next = peek(bytes)
            if next == UInt8(ascii: "{") || next == UInt8(ascii: "[") {
                guard depth + nesting.count <= JSONGrammar.maximumDepth else { throw .tooDeep(offset: position) }
                let isObject = next == UInt8(ascii: "{")
                position += 1
                sink.open(isObject: isObject)
                nesting.push(isObject: isObject)
                if !consume(isObject ? "}" : "]", bytes) {
                    if isObject { try name(bytes, &sink) }
                    continue
                }
                nesting.pop()
                sink.close(isObject: isObject)
            } else {
                try scalar(bytes, &sink)
            }
            guard try goesOn(bytes, &nesting, &sink) else { return }
        }
    }

    /// Behind a value: steps to the next one, out of what ends here. Whether there is one.
    private mutating func goesOn(
        _ bytes: Span<UInt8>, _ nesting: inout Nesting, _ sink: inout some JSONSink
    ) throws(JSONError) -> Bool {
        while let isObject = nesting.last {
            if consume(",", bytes) {
                if isObject { try name(bytes, &sink) }
                return true
            }
            try expect(isObject ? "}" : "]", bytes)
            nesting.pop()
            sink.close(isObject: isObject)
        }
        return false
    }

    private mutating func name(_ bytes: Span<UInt8>, _ sink: inout some JSONSink) throws(JSONError) {
        sink.name(try string(bytes), bytes)
        try expect(":", bytes)
    }

    private mutating func scalar(_ bytes: Span<UInt8>, _ sink: inout some JSONSink) throws(JSONError) {
        if peek(bytes) == UInt8(ascii: "\"") { return sink.string(try string(bytes), bytes) }
        let start = position
        switch peek(bytes) {
        case UInt8(ascii: "t"): try literal("true", bytes)
        case UInt8(ascii: "f"): try literal("false", bytes)
        case UInt8(ascii: "n"): try literal("null", bytes)
        default: _ = try number(bytes)
        }
        sink.other(start..<position, bytes)
    }
}
