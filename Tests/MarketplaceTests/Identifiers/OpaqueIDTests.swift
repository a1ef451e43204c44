import Marketplace
import Testing

@Suite struct OpaqueIDTests {
    @Test(arguments: ["a", "60332d61ff30282b1f23e624", "1a2b3c4d5e6f7g8h9i0j1k2l", "A-_9"])
    func `ids of the platform's alphabet are kept as they are`(text: String) {
        #expect(WorkspaceID(text)?.text == text)
        #expect(AddonID(text)?.description == text)
    }

    @Test func `an id may have 64 characters`() {
        #expect(WorkspaceID(String(repeating: "x", count: 64)) != nil)
    }

    @Test(arguments: ["", "a b", "a/b", "a.b", "é", "a\n", "a\u{0}", String(repeating: "x", count: 65)])
    func `anything else is not an id`(text: String) {
        #expect(WorkspaceID(text) == nil)
    }
}
