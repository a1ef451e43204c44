import Testing

@testable import Sealing

@Suite struct KeyedNameTests {
    @Test func `one text has one name under one key`() {
        let key = NameKey.random()
        let names = Set((0..<1000).map { key.name(of: Array("text \($0)".utf8)) })
        #expect(names.count == 1000)
        #expect(names.contains(key.name(of: Array("text 7".utf8))))
        #expect(!names.contains(NameKey.random().name(of: Array("text 7".utf8))), "another key gives other names")
    }

    @Test func `it is SipHash as its authors have it`() throws {
        // vectors.h of the reference implementation: key 00 01 … 0f, no message, 128 bits.
        let key = Array<UInt8>(0..<32)
        let material = try #require(key.withUnsafeBytes { KeyMaterial(copying: $0) })
        let bytes = withUnsafeBytes(of: NameKey(material: material).name(of: [])) { Array($0) }
        #expect(
            bytes == [0xA3, 0x81, 0x7F, 0x04, 0xBA, 0x25, 0xA8, 0xE6, 0x6D, 0xF6, 0x72, 0x14, 0xC7, 0x55, 0x02, 0x93])
    }
}
