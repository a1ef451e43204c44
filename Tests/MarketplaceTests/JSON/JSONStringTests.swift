import Marketplace
import Testing

/// Strings are read a word at a time; here each is held against a reader that takes byte by byte.
@Suite struct JSONStringTests {
    private func parse(_ bytes: [UInt8]) -> Result<[UInt8]?, JSONError> {
        Result { () throws(JSONError) in try StrictJSON.parse(bytes.span).string.map { Array($0.utf8) } }
    }

    /// What a text means that begins with a quote and holds no `\u`.
    private func slow(_ bytes: [UInt8]) -> Result<[UInt8]?, JSONError> {
        let escapes = Dictionary(uniqueKeysWithValues: zip("\"\\/bfnrt".utf8, "\"\\/\u{8}\u{C}\n\r\t".utf8))
        var result: [UInt8] = []
        var index = 1
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                guard String(validating: bytes[1..<index], as: UTF8.self) != nil else {
                    return .failure(.invalidText(offset: 1))
                }
                let rest = bytes[(index + 1)...].firstIndex { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
                return rest.map { .failure(.malformed(offset: $0)) } ?? .success(result)
            case UInt8(ascii: "\\"):
                guard index + 1 < bytes.count, let byte = escapes[bytes[index + 1]] else {
                    return .failure(.malformed(offset: index + 1))
                }
                result.append(byte)
                index += 2
            case 0..<0x20: return .failure(.malformed(offset: index))
            case let byte:
                result.append(byte)
                index += 1
            }
        }
        return .failure(.malformed(offset: bytes.count))
    }

    @Test func `every byte at every place of a word is read as by the slow reader`() {
        for count in [1, 7, 8, 9, 17] {
            for place in 1...count {
                for byte in UInt8.min...UInt8.max {
                    var bytes = Array(("\"" + String(repeating: "x", count: count) + "\"").utf8)
                    bytes[place] = byte
                    #expect(parse(bytes) == slow(bytes), "\(bytes)")
                }
            }
        }
    }

    @Test func `strings of telling bytes are read as by the slow reader`() {
        let telling: [UInt8] = [
            0x00, 0x01, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x5B, 0x5C, 0x5D, 0x6E, 0x7F, 0x80, 0xA2, 0xA9, 0xC3, 0xDC, 0xFF,
        ]
        var random = SeededRandom(state: 4)
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8(ascii: "x") }
            for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = telling.randomElement(using: &random) ?? 0
            }
            bytes = [UInt8(ascii: "\"")] + bytes + (Bool.random(using: &random) ? [UInt8(ascii: "\"")] : [])
            #expect(parse(bytes) == slow(bytes), "\(bytes)")
        }
    }

    @Test func `a character of several bytes is read at every place of a word`() {
        for place in 0..<20 {
            for character in ["é", "€", "😀", "\\n", "\\\\", "\\\""] {
                let text = String(repeating: "x", count: place) + character + String(repeating: "y", count: 20 - place)
                let bytes = Array("\"\(text)\"".utf8)
                #expect(parse(bytes) == slow(bytes))
                #expect((try? parse(bytes).get()) != nil)
            }
        }
    }

    @Test func `bytes behind the closing quote do not count as the string's`() throws {
        for count in 0..<9 {
            let name = String(repeating: "x", count: count)
            let value = try StrictJSON.parse(Array("[\"\(name)\",\"é\"]".utf8).span)
            #expect(value.array?.compactMap(\.string) == [name, "é"])
        }
    }

    @Test(arguments: ["0", "9", "a", "f", "A", "F"])
    func `digits of an escape are hexadecimal`(digit: String) {
        #expect((try? parse(Array("\"\\u00\(digit)0\"".utf8)).get()) != nil)
    }

    @Test(arguments: ["/", ":", "@", "G", "`", "g", " ", "\u{FF10}"])
    func `other digits of an escape are refused`(digit: String) {
        #expect(parse(Array("\"\\u00\(digit)0\"".utf8)) == .failure(.malformed(offset: 5)))
    }
}
