/// Strict JSON (RFC 8259): no byte order mark, no trailing comma, no second value, valid UTF-8, bounded depth.
///
/// Foundation's decoder keeps the first of two members of one name and forgives commas. What two readers understand
/// differently is how a forged token or body gets through, so what decides about access is read here. What is only passed on
/// is judged by `JSONGrammar`.
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

    /// Holds one value to the rules of `parse` without building it, and shows the members of the top-level object to
    /// `visit`, in order, before it is known whether all is well. Returns whether the value is an object.
    @inline(__always)
    static func inspect(
        _ bytes: Span<UInt8>, visit: (JSONScanner.Text, Range<Int>) -> Void
    ) throws(JSONError) -> Bool {
        var scanner = JSONScanner()
        let isObject = scanner.peek(bytes) == UInt8(ascii: "{")
        if isObject {
            try scanner.members(bytes, SeenNames.self) { (scanner, name) throws(JSONError) in
                _ = scanner.peek(bytes)  // White space is not part of the value.
                let start = scanner.position
                try scanner.skipValue(bytes, depth: 1)
                visit(name, start..<scanner.position)
            }
        } else {
            try scanner.skipValue(bytes, depth: 0)
        }
        if scanner.peek(bytes) != nil { throw .malformed(offset: scanner.position) }
        return isObject
    }

    /// The string whose source range was shown; nil when the value is none.
    static func string(_ range: Range<Int>, _ bytes: Span<UInt8>) -> JSONScanner.Text? {
        guard bytes[range.lowerBound] == UInt8(ascii: "\"") else { return nil }
        let inside = range.lowerBound + 1..<range.upperBound - 1
        let hasEscapes = bytes.extracting(inside).firstIndex(of: UInt8(ascii: "\\")) != nil
        return JSONScanner.Text(range: inside, hasEscapes: hasEscapes)
    }

    /// Whether a value that `inspect` showed is a string of exactly these bytes.
    @inline(__always)
    static func isString(_ range: Range<Int>, _ word: String, _ bytes: Span<UInt8>) -> Bool {
        guard let text = string(range, bytes) else { return false }
        return JSONScanner.matches(text, word, bytes)
    }
}

extension JSONScanner {
    /// Steps over one value without keeping anything.
    mutating func skipValue(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) {
        guard depth <= StrictJSON.maximumDepth else { throw .tooDeep(offset: position) }
        switch peek(bytes) {
        case UInt8(ascii: "{"):
            try members(bytes, SeenNames.self) { (scanner, _) throws(JSONError) in
                try scanner.skipValue(bytes, depth: depth + 1)
            }
        case UInt8(ascii: "["):
            try elements(bytes) { (scanner) throws(JSONError) in
                try scanner.skipValue(bytes, depth: depth + 1)
            }
        case UInt8(ascii: "\""): _ = try string(bytes)
        case UInt8(ascii: "t"): try literal("true", bytes)
        case UInt8(ascii: "f"): try literal("false", bytes)
        case UInt8(ascii: "n"): try literal("null", bytes)
        default: _ = try number(bytes)
        }
    }

    /// Reads one value into a tree.
    mutating func value(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= StrictJSON.maximumDepth else { throw .tooDeep(offset: position) }
        switch peek(bytes) {
        case UInt8(ascii: "{"):
            var list: [JSONObject.Member] = []
            try members(bytes, SeenNames.self) { (scanner, name) throws(JSONError) in
                if list.isEmpty { list.reserveCapacity(8) }
                list.append((Self.decode(name, bytes), try scanner.value(bytes, depth: depth + 1)))
            }
            return .object(JSONObject(list))
        case UInt8(ascii: "["):
            var list: [JSONValue] = []
            try elements(bytes) { (scanner) throws(JSONError) in
                list.append(try scanner.value(bytes, depth: depth + 1))
            }
            return .array(list)
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

    /// Steps over an array whose bracket comes next; `element` steps over each value.
    @inline(__always)
    mutating func elements(
        _ bytes: Span<UInt8>, element: (inout JSONScanner) throws(JSONError) -> Void
    ) throws(JSONError) {
        position += 1
        if consume("]", bytes) { return }
        repeat { try element(&self) } while consume(",", bytes)
        try expect("]", bytes)
    }

    /// Steps over an object whose brace comes next; `value` steps over the value of each member.
    @inline(__always)
    mutating func members<Names: MemberNames>(
        _ bytes: Span<UInt8>, _: Names.Type, value: (inout JSONScanner, Text) throws(JSONError) -> Void
    ) throws(JSONError) {
        position += 1
        if consume("}", bytes) { return }
        var names = Names()
        repeat {
            _ = peek(bytes)
            let start = position
            let name = try string(bytes)
            guard names.insert(name, bytes) else { throw .duplicateName(offset: start) }
            try expect(":", bytes)
            try value(&self, name)
        } while consume(",", bytes)
        try expect("}", bytes)
    }
}
