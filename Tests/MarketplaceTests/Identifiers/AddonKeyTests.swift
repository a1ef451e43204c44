import Marketplace
import Testing

@Suite struct AddonKeyTests {
    @Test(arguments: ["ab", "my add-on", "a/b", "é€😀", String(repeating: "é", count: 50)])
    func `a key is 2 to 50 characters of any script`(text: String) {
        #expect(AddonKey(text)?.text == text)
    }

    @Test(arguments: ["", "a", "a\u{7}", "a\n", "a\u{2028}b", "a\u{202E}b", String(repeating: "x", count: 51)])
    func `a short, long or unprintable key is refused`(text: String) {
        #expect(AddonKey(text) == nil)
    }

    @Test func `keys that only look alike are different`() throws {
        let kelvin = try #require(AddonKey("\u{212A}ey"))
        let letter = try #require(AddonKey("Key"))
        #expect(kelvin.text == letter.text)  // Swift's opinion, which must not count here.
        #expect(kelvin != letter)
        #expect(Set([kelvin, letter]).count == 2)
    }
}
