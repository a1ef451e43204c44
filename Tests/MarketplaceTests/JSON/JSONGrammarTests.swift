import Marketplace
import Testing

@Suite struct JSONGrammarTests {
    private func error(_ text: String) -> JSONError? {
        do throws(JSONError) {
            try JSONGrammar.validate(Array(text.utf8).span, topLevel: "") { _ in }
            return nil
        } catch {
            return error
        }
    }

    @Test func `the top-level values of one name are shown`() throws {
        let body = Array(#"{"x":{"id":1},"id": "a" ,"\u0069d":[2]}"#.utf8)
        var seen: [String] = []
        try JSONGrammar.validate(body.span, topLevel: "id") { seen.append(String(decoding: body[$0], as: UTF8.self)) }
        #expect(seen == [#""a""#, "[2]"])
    }

    @Test func `values lie in a thousand arrays or objects and not in one more, and no stack grows with them`() {
        func arrays(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
        }
        func objects(_ depth: Int) -> String {
            String(repeating: #"{"a":"#, count: depth) + "[]" + String(repeating: "}", count: depth)
        }
        #expect(error(arrays(1000)) == nil)
        #expect(error(objects(1000)) == nil)
        #expect(error(#"{"x":\#(arrays(999))}"#) == nil)
        #expect(error(arrays(1002)) == .tooDeep(offset: 1001))
        #expect(error(#"{"x":\#(objects(1100))}"#) != nil)
        #expect(error(arrays(500_000)) != nil)
        // Out and in again: each place knows whether it is in an array or an object.
        #expect(error("[" + [#"{"a":[{}],"b":{"c":[[1],{}]}}"#, "[[{}]]", "2"].joined(separator: ",") + "]") == nil)
        #expect(error(#"[{"a":1]}"#) == .malformed(offset: 7))
        #expect(error(#"{"a":[1}}"#) == .malformed(offset: 7))
    }

    @Test(arguments: [
        #""\ud83d""#, #""\ude00x""#, #""\ud83d\u0041""#, #""\ud83dA""#, #"{"\ud800":1}"#, #"{"a":1,"a":2}"#,
        #"[{"a":{"b":1,"b":1}}]"#, #""\ud83d\ud83d\ude00""#,
    ])
    func `halves of pairs and names that come twice are JSON`(text: String) {
        #expect(error(text) == nil)
    }

    @Test(arguments: [
        "{\"a\":1,}", "[1,]", "[,1]", "[1]]", "{} {}", "\u{FEFF}{}", "01", #"{"a" 1}"#, #"{1:2}"#, "{", "[", #"{"a":"#,
        #"{"a":1,"#, #""\ud83""#, #""\ud83d\""#, "", " ", "[1 2]", #"{"a":1 "b":2}"#, "nul",
    ])
    func `what is no JSON is refused`(text: String) {
        #expect(error(text) != nil)
    }
}
