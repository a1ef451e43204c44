import Marketplace
import Testing

@Suite struct StrictJSONTests {
    private func error(_ text: String) -> JSONError? {
        do throws(JSONError) {
            _ = try StrictJSON.parse(Array(text.utf8).span)
            return nil
        } catch {
            return error
        }
    }

    @Test func `values keep order and the source of numbers`() throws {
        let value = try StrictJSON.parse(Array(#" {"b":[1.50,-0,1e400],"a":{"c":null,"d":true}} "#.utf8).span)
        #expect(value.object?.members.map(\.name) == ["b", "a"])
        #expect(String(decoding: value.utf8, as: UTF8.self) == #"{"b":[1.50,-0,1e400],"a":{"c":null,"d":true}}"#)
    }

    @Test func `escapes are decoded`() throws {
        let value = try StrictJSON.parse(Array(#""\"\\\/\b\f\n\r\t\u0041\u00e9\uD83D\uDE00""#.utf8).span)
        #expect(value.string == "\"\\/\u{8}\u{C}\n\r\tAé😀")
    }

    @Test func `a duplicate name is refused at every depth`() {
        #expect(error(#"{"a":1,"a":2}"#) == .duplicateName(offset: 7))
        #expect(error(#"[{"x":{"a":1,"b":2,"a":1}}]"#) != nil)
    }

    @Test func `a duplicate name is found in spite of its escapes`() {
        #expect(error(#"{"a":1,"\u0061":2}"#) == .duplicateName(offset: 7))
    }

    @Test func `a duplicate name among many members is found`() {
        let members = (0..<1000).map { #""n\#($0)":0"# }
        #expect(error("{" + members.joined(separator: ",") + "}") == nil)
        #expect(error("{" + (members + [#""n7":0"#]).joined(separator: ",") + "}") != nil)
    }

    @Test func `names that only look alike are two names`() {
        #expect(error("{\"\u{212A}\":1,\"K\":2}") == nil)
    }

    @Test(arguments: ["{\"a\":1,}", "[1,]", "[1]]", "{} {}", "\u{FEFF}{}", "01", "1.", ".5", "'a'", "nul", "", " "])
    func `what lenient readers forgive is refused`(text: String) {
        #expect(error(text) != nil)
    }

    @Test(arguments: [#""\uD800""#, #""\uDC00""#, #""\uD800\u0041""#, #""\uD800x""#])
    func `half a surrogate pair is refused`(text: String) {
        #expect(error(text) == .invalidText(offset: 1))
    }

    @Test(arguments: [[0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xFF, 0x22]] as [[UInt8]])
    func `bytes that are not UTF-8 are refused`(bytes: [UInt8]) {
        #expect(throws: JSONError.invalidText(offset: 1)) { try StrictJSON.parse(bytes.span) }
    }

    @Test func `nesting has a bound`() {
        let limit = StrictJSON.maximumDepth
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(limit <= 128)  // Each level costs stack, and a server's threads have little of it.
        #expect(error(nested(limit)) == nil)
        #expect(error(nested(limit + 2)) == .tooDeep(offset: limit + 1))
    }
}
