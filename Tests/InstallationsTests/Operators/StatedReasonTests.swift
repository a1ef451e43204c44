import Testing

@testable import Installations

@Suite struct StatedReasonTests {
    @Test func `a reason has at most 500 bytes, however few its characters are`() {
        #expect(StatedReason("moved")?.text == "moved")
        #expect(StatedReason(String(repeating: "a", count: 500)) != nil)
        #expect(StatedReason(String(repeating: "a", count: 501)) == nil)
        #expect(StatedReason(String(repeating: "é", count: 251)) == nil)
    }
}
