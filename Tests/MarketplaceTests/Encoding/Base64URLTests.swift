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

    /// Letter by letter, into bits.
    private func slow(_ text: [UInt8]) -> [UInt8]? {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var bits: [Bool] = []
        for letter in text {
            guard let value = alphabet.firstIndex(of: letter) else { return nil }
            bits += (0..<6).map { value >> (5 - $0) & 1 == 1 }
        }
        let surplus = bits.count % 8
        guard surplus < 6, !bits.suffix(surplus).contains(true) else { return nil }
        return stride(from: 0, to: bits.count - surplus, by: 8).map { start in
            bits[start..<start + 8].reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
        }
    }

    @Test(arguments: [2, 3, 15, 16, 17, 18, 20, 34])
    func `every byte at every place of a block is read as by the slow reader`(count: Int) {
        let text = (0..<count).map { Array("Zm9vYmFy-_A".utf8)[$0 % 11] }
        for place in 0..<count {
            for letter in UInt8.min...UInt8.max {
                var text = text
                text[place] = letter
                #expect(Base64URL.decode(text.span) == slow(text), "\(text)")
            }
        }
    }

    @Test func `every end of every length is read as by the slow reader`() {
        var random = SeededRandom(state: 5)
        let letters = Array("AAAABCEIQgw048-_z9".utf8)
        for count in 0..<70 {
            for _ in 0..<20 {
                let text = (0..<count).map { _ in letters.randomElement(using: &random) ?? 0 }
                #expect(Base64URL.decode(text.span) == slow(text), "\(text)")
            }
        }
    }

    @Test func `an output that holds bytes already keeps them`() {
        let bytes = [UInt8](capacity: 40) { output in
            output.append(7)
            for text in ["Zm9vYmFyZm9vYmFyZm9vYmFy", "Zm8"] {
                let fits = Base64URL.decode(text.utf8.span, into: &output)
                #expect(fits)
            }
        }
        #expect(bytes == [7] + Array("foobarfoobarfoobarfo".utf8))
    }

    @Test func `an output without room is refused`() {
        let bytes = [UInt8](capacity: 2) { output in
            let fits = Base64URL.decode("Zm9v".utf8.span, into: &output)
            #expect(!fits)
        }
        #expect(bytes.isEmpty)
    }
}
