import Testing

@testable import Sealing

@Suite struct SealingContextTests {
    @Test func `the encoding is the number of texts and every text after its length`() {
        let context = SealingContext(purpose: "p", place: ["a", "bc"])
        #expect(hex(context.encoded) == "000000030000000170000000016100000002" + "6263")
    }

    @Test func `different places never have the same encoding`() {
        let places: [(String, [String])] = [
            ("p", []), ("p", [""]), ("p", ["", ""]), ("", ["p"]), ("", []), ("", [""]),
            ("p", ["ab", "c"]), ("p", ["a", "bc"]), ("p", ["abc"]), ("p", ["abc", ""]), ("p", ["", "abc"]),
            ("pa", ["b", "c"]), ("p", ["a", "b", "c"]), ("p", ["c", "ab"]),
            ("p", ["a\0\0\0\u{1}b"]), ("p", ["a", "b"]), ("p", ["\0\0\0\u{1}a"]),
            // The same letter to a reader, other bytes: places are compared as they are stored.
            ("p", ["\u{e9}"]), ("p", ["e\u{301}"]),
        ]
        let encodings = places.map { SealingContext(purpose: $0.0, place: $0.1).encoded }
        #expect(Set(encodings).count == places.count)
    }

    @Test func `an encoding can be read back, so it is injective`() {
        let parts: [[UInt8]] = [[], [1], Array(repeating: 2, count: 300), [0, 0, 0, 1]]
        var rest = PartsEncoding(parts).bytes[...]
        func number() -> Int {
            defer { rest = rest.dropFirst(4) }
            return rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        }
        var decoded: [[UInt8]] = []
        for _ in 0..<number() {
            let count = number()
            decoded.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        #expect(decoded == parts)
        #expect(rest.isEmpty)
    }
}
