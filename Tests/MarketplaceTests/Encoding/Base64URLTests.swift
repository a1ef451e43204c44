import Marketplace
import Testing

@Suite struct Base64URLTests {
    private func decode(_ text: String) -> [UInt8]? { Base64URL.decode(text.utf8.span) }

    @Test(arguments: [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE")])
    func `the examples of RFC 4648 go both ways without padding`(plain: String, text: String) {
        #expect(decode(text) == Array(plain.utf8))
        #expect(Base64URL.encode(Array(plain.utf8)) == text)
    }

    @Test func `every byte and length goes both ways`() {
        for count in 0..<260 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ count) }
            #expect(decode(Base64URL.encode(bytes)) == bytes)
        }
    }

    @Test func `a text with a padding character is refused`() {
        for text in ["Zg==", "Zm8=", "=", "Zm9v="] { #expect(decode(text) == nil) }
    }

    @Test func `a text of the other alphabet is refused`() {
        #expect(decode("-_-_") != nil)
        for text in ["+/+/", "+A", "AA/"] { #expect(decode(text) == nil) }
    }

    @Test func `white space and foreign characters are refused`() {
        for text in ["Zm9v\n", " Zm9", "Zm 9v", "Zm9?", "Zm\u{0}9", "Zé"] { #expect(decode(text) == nil) }
    }

    @Test func `set bits behind the last byte are refused`() {
        for text in ["Zh", "Zm9vYh", "Zm9", "Zm8A".dropLast() + "B"] where text.count % 4 != 0 {
            #expect((decode(String(text)) != nil) == ["Zm8"].contains(text), "\(text)")
        }
        #expect(decode("AB") == nil)
        #expect(decode("AAB") == nil)
        #expect(decode("AA") == [0])
    }

    @Test func `a length that no encoder writes is refused`() {
        for text in ["A", "AAAAA"] { #expect(decode(text) == nil) }
    }

    @Test func `exactly one text means each two bytes`() {
        let letters = (UInt8.min...UInt8.max).map { $0 }
        var seen: [UInt8: Int] = [:]
        for first in letters {
            for second in letters {
                if let bytes = Base64URL.decode([first, second].span) { seen[bytes[0], default: 0] += 1 }
            }
        }
        #expect(seen.count == 256)
        #expect(seen.values.allSatisfy { $0 == 1 })
    }

    @Test func `an output without room is refused`() {
        let bytes = [UInt8](capacity: 2) { output in
            let fits = Base64URL.decode("Zm9v".utf8.span, into: &output)
            #expect(!fits)
        }
        #expect(bytes.isEmpty)
    }
}
