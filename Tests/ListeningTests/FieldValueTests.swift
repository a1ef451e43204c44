import Testing

@testable import Listening

@Suite struct FieldValueTests {
    @Test(arguments: [
        "", "a", "addon.example.com", "a:8080", "a:", "10.0.0.1:80", "[::1]", "[2001:db8::1]:443", "a_b-c~d", "x%41",
        "A:65535",
    ])
    func `a name or an address, perhaps with a port, is a host`(text: String) { #expect(FieldValue.isHost(text)) }

    @Test(arguments: [
        "foo/bar", "a b", "a@b", "http://a", "a:80:80", "a:x", "a:65536", "a:-1", "a:99999999999999999999", "[::1",
        "[]", "[::1]x",
        "[g]", "a?b", "a#b", "a\\b", "ä", "a\u{0}", "a<b>", "::1", "\"a\"",
    ])
    func `anything else is none`(text: String) { #expect(!FieldValue.isHost(text)) }

    @Test func `an element of a list is found in any case and between blanks`() {
        for list in ["close", "Close", "a, close", "close\t, a", ", close ,"] {
            #expect(FieldValue.list(list, has: "close"))
        }
        for list in ["", "closed", "clos", "a close", ",", "keep-alive"] {
            #expect(!FieldValue.list(list, has: "close"))
        }
    }

    @Test func `a length is digits, however many`() {
        #expect(FieldValue.length("17") == 17)
        #expect(FieldValue.length("0017") == 17)
        #expect(FieldValue.length("9223372036854775808") == .max)
        for text in ["", "+1", "-1", "1 ", "0x1", "1,1", "１"] { #expect(FieldValue.length(text) == nil) }
    }
}
