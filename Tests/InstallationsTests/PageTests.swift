import Testing

@testable import Installations

@Suite struct PageTests {
    @Test func `a surplus row makes a cursor behind the last row of the page`() {
        let page = Page(surplus: [9, 7, 5].map(Int64.init), limit: 2) { $0 }
        #expect(page.items == [9, 7])
        #expect(page.next?.position == 7)
        #expect(page.next.flatMap { Cursor($0.text)?.position } == 7)
    }

    @Test func `the last page has no cursor`() {
        #expect(Page(surplus: [Int64(9)], limit: 2) { $0 }.next == nil)
    }

    @Test(arguments: ["", "c", "7", "c-1", "cé", "c99999999999999999999", "c+1", "c01", "cA"])
    func `a made-up cursor is refused`(_ text: String) {
        #expect(Cursor(text) == nil)
    }

    @Test func `a limit is forced into its range`() {
        #expect(PageRequest(limit: 0).limit == 1)
        #expect(PageRequest(limit: 100_000).limit == 500)
    }
}
