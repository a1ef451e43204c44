import Marketplace
import Testing

@Suite struct JSONWriterTests {
    @Test func `what is written reads back the same`() throws {
        let text = "quote \" backslash \\ control \u{1}\n\u{1F} é 😀 \u{2028}"
        let elements: [JSONValue] = [.string(text), .number("1.0"), .bool(false), .null]
        let value = JSONValue.object(JSONObject([(text, .array(elements))]))
        let back = try StrictJSON.parse(value.utf8.span)
        #expect(back.object?.members.first?.name == text)
        #expect(back.object?.members.first?.value.array?.first?.string == text)
        #expect(back.utf8 == value.utf8)
    }
}
