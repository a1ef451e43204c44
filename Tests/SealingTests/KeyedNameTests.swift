import Testing

@testable import Sealing

@Suite struct KeyedNameTests {
    @Test func `one text has one name under one key`() {
        let key = MACKey.random()
        let names = Set((0..<1000).map { key.name(of: Array("text \($0)".utf8)) })
        #expect(names.count == 1000)
        #expect(names.contains(key.name(of: Array("text 7".utf8))))
        #expect(!names.contains(MACKey.random().name(of: Array("text 7".utf8))), "another key gives other names")
    }
}
