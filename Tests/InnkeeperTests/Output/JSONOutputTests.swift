import Testing

@testable import Innkeeper

@Suite struct JSONOutputTests {
    @Test func `names are sorted, slashes plain, and a line feed ends it`() throws {
        #expect(
            String(decoding: try JSONOutput.line(["b": "x/y", "a": "z"]), as: UTF8.self)
                == "{\"a\":\"z\",\"b\":\"x/y\"}\n")
        #expect(try JSONOutput.pretty(["a": 1]).last == UInt8(ascii: "\n"))
    }
}
