import Testing

@testable import Innkeeper

@Suite struct PrintableTextTests {
    @Test func `ordinary text of any language stays as it is`() {
        let text = "Zażółć gęślą jaźń, 時間, 👍 – \"x\""
        #expect(PrintableText.make(text) == text)
    }

    @Test func `wide and combining characters are counted as a terminal shows them`() {
        #expect(PrintableText.width("abc") == 3)
        #expect(PrintableText.width("時間") == 4)
        #expect(PrintableText.width("e\u{301}") == 1)
    }

    @Test func `a cut text shows that it is cut and fits`() {
        #expect(PrintableText.fitted("abcdef", to: 4) == "abc…")
        #expect(PrintableText.fitted("abcd", to: 4) == "abcd")
        #expect(PrintableText.width(PrintableText.fitted("時間時間", to: 4)) <= 4)
    }

    @Test func `an excerpt is bounded`() {
        #expect(PrintableText.excerpt(String(repeating: "a", count: 1000)).count == 65)
    }
}
