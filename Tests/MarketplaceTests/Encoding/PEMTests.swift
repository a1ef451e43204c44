import Testing

@testable import Marketplace

@Suite struct PEMTests {
    private let der = (0..<100).map { UInt8($0) }
    private var text: String { PEM.text(label: "PUBLIC KEY", der: der) }

    @Test func `a block goes both ways`() throws {
        let blocks = try PEM.blocks("# comment\n\n" + text + "\r\n" + text)
        #expect(blocks.map(\.label) == ["PUBLIC KEY", "PUBLIC KEY"])
        #expect(blocks.map(\.der) == [der, der])
    }

    @Test func `a byte order mark in front says nothing`() throws {
        #expect(try PEM.blocks("\u{FEFF}" + text).map(\.der) == [der])
        #expect(throws: PEM.Malformed.self) { try PEM.blocks(text + "\u{FEFF}" + text) }
    }

    @Test func `text around a block is refused with its line`() {
        for (bad, line) in [("x\n" + text, 1), (text + "x", 6), (text + "-----END PUBLIC KEY-----", 6)] {
            #expect { try PEM.blocks(bad) } throws: { ($0 as? PEM.Malformed)?.line == line }
        }
    }

    @Test func `a block that is cut, nested, empty or not canonical is refused`() {
        let begin = "-----BEGIN X-----\n"
        let end = "\n-----END X-----"
        for bad in [
            String(text.dropLast(30)), begin + text + end, begin + end, begin + "Zh==" + end, begin + "Zg" + end,
            begin + "Zg== " + end, begin + "Z-_=" + end, begin + "Zg==\n-----END Y-----", begin + "====" + end,
        ] {
            #expect(throws: PEM.Malformed.self, "\(bad)") { try PEM.blocks(bad) }
        }
    }
}
