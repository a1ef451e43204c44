import Testing

@testable import OperatorAPI

/// Text stays text.
@Suite struct PageTextTests {
    @Test func `what begins or ends something in a page is escaped, also under an accent`() {
        let text = PageText().escapeText("<a href=\"x\" id='y'>&amp; \"\u{301} onload='\u{20dd}<\u{338}")
        #expect(!text.utf8.contains { "<>\"'".utf8.contains($0) })
        #expect(text.contains("&quot;\u{301} onload=&#39;\u{20dd}&lt;\u{338}"))
        #expect(PageText().escapeText("a\0b") == "a\u{fffd}b")
    }
}
