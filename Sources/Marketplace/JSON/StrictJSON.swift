/// Strict JSON (RFC 8259): no byte order mark, no trailing comma, no second value, valid UTF-8, bounded depth.
///
/// Foundation's decoder keeps the first of two members of one name and forgives commas. What two readers understand
/// differently is how a forged token or body gets through, so what decides about access is read here.
package enum StrictJSON {
    /// How many arrays and objects a value may lie in; a bound for the stack.
    package static let maximumDepth = 128

    /// Reads one value. Refuses duplicate member names at every depth.
    package static func parse(_ bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
        var scanner = JSONScanner()
        let value = try scanner.value(bytes, depth: 0)
        if scanner.peek(bytes) != nil { throw .malformed(offset: scanner.position) }
        return value
    }

    /// Checks one value without building it, and calls `visit` with the source range of each value whose name in the
    /// top-level object is `name`. Duplicate names are allowed, since nothing but `visit` looks at the values.
    package static func validate(
        _ bytes: Span<UInt8>, topLevel name: String, visit: (Range<Int>) -> Void
    ) throws(JSONError) {
        var scanner = JSONScanner()
        if scanner.take("{", bytes) {
            try scanner.skipMembers(bytes, depth: 1) { member, value in
                if JSONScanner.matches(member, name, bytes) { visit(value) }
            }
        } else {
            try scanner.skipValue(bytes, depth: 0)
        }
        if scanner.peek(bytes) != nil { throw .malformed(offset: scanner.position) }
    }

    /// The text of a value that `validate` showed; nil when it is not a string.
    static func stringValue(_ range: Range<Int>, _ bytes: Span<UInt8>) -> String? {
        guard bytes[range.lowerBound] == UInt8(ascii: "\"") else { return nil }
        let inside = range.lowerBound + 1..<range.upperBound - 1
        let hasEscapes = inside.contains { bytes[$0] == UInt8(ascii: "\\") }
        return JSONScanner.decode(JSONScanner.Text(range: inside, hasEscapes: hasEscapes), bytes)
    }
}

extension JSONScanner {
    /// Steps over one value without keeping anything.
    mutating func skipValue(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) {
        guard depth <= StrictJSON.maximumDepth else { throw .tooDeep(offset: position) }
        switch peek(bytes) {
        case UInt8(ascii: "{"):
            position += 1
            try skipMembers(bytes, depth: depth + 1) { _, _ in }
        case UInt8(ascii: "["):
            position += 1
            if take("]", bytes) { return }
            repeat { try skipValue(bytes, depth: depth + 1) } while take(",", bytes)
            try expect("]", bytes)
        case UInt8(ascii: "\""): _ = try string(bytes)
        case UInt8(ascii: "t"): try literal("true", bytes)
        case UInt8(ascii: "f"): try literal("false", bytes)
        case UInt8(ascii: "n"): try literal("null", bytes)
        default: _ = try number(bytes)
        }
    }

    /// Steps over the members of an object whose brace was taken, and shows each to `visit`.
    mutating func skipMembers(
        _ bytes: Span<UInt8>, depth: Int, visit: (Text, Range<Int>) -> Void
    ) throws(JSONError) {
        if take("}", bytes) { return }
        repeat {
            let name = try string(bytes)
            try expect(":", bytes)
            _ = peek(bytes)  // White space is not part of the value.
            let start = position
            try skipValue(bytes, depth: depth)
            visit(name, start..<position)
        } while take(",", bytes)
        try expect("}", bytes)
    }

    /// Reads one value into a tree.
    mutating func value(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= StrictJSON.maximumDepth else { throw .tooDeep(offset: position) }
        switch peek(bytes) {
        case UInt8(ascii: "{"): return .object(try members(bytes, depth: depth + 1))
        case UInt8(ascii: "["): return .array(try elements(bytes, depth: depth + 1))
        case UInt8(ascii: "\""): return .string(Self.decode(try string(bytes), bytes))
        case UInt8(ascii: "t"):
            try literal("true", bytes)
            return .bool(true)
        case UInt8(ascii: "f"):
            try literal("false", bytes)
            return .bool(false)
        case UInt8(ascii: "n"):
            try literal("null", bytes)
            return .null
        default: return .number(Self.source(try number(bytes), bytes))
        }
    }

    private mutating func elements(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) -> [JSONValue] {
        position += 1
        if take("]", bytes) { return [] }
        var elements: [JSONValue] = []
        repeat { elements.append(try value(bytes, depth: depth)) } while take(",", bytes)
        try expect("]", bytes)
        return elements
    }

    private mutating func members(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) -> JSONObject {
        position += 1
        if take("}", bytes) { return JSONObject([]) }
        var members: [JSONObject.Member] = []
        members.reserveCapacity(8)
        var seen = SeenNames()
        repeat {
            _ = peek(bytes)
            let start = position
            let name = Self.decode(try string(bytes), bytes)
            guard seen.insert(name, among: members) else { throw .duplicateName(offset: start) }
            try expect(":", bytes)
            members.append((name, try value(bytes, depth: depth)))
        } while take(",", bytes)
        try expect("}", bytes)
        return JSONObject(members)
    }
}

/// The member names of one object so far. A set replaces the search through few members once they are many, so that
/// a hostile object costs no quadratic time.
private struct SeenNames {
    private static let few = 16
    private var set: Set<ExactText> = []

    /// Whether `name` is new. `members` are those read before it.
    mutating func insert(_ name: String, among members: [JSONObject.Member]) -> Bool {
        if members.count < Self.few { return !members.contains { $0.name.hasSameBytes(as: name) } }
        if set.isEmpty { set = Set(members.map { ExactText(text: $0.name) }) }
        return set.insert(ExactText(text: name)).inserted
    }
}
