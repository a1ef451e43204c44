import Marketplace
import Testing

@Suite struct SpanSearchTests {
    @Test func `the first place of a byte is found wherever it is`() {
        for count in 0..<20 {
            for place in 0..<count {
                for wanted in [0x00, 0x01, 0x2E, 0x7F, 0x80, 0xAE, 0xFF] as [UInt8] {
                    // Neighbours one bit away or one above are what a careless subtraction mistakes.
                    var bytes = (0..<count).map { [wanted &+ 1, wanted ^ 0x80, wanted &- 1][$0 % 3] }
                    #expect(bytes.span.firstIndex(of: wanted) == nil)
                    bytes[place] = wanted
                    #expect(bytes.span.firstIndex(of: wanted) == place)
                    #expect(bytes.span.firstIndex(of: wanted, from: place) == place)
                    #expect(bytes.span.firstIndex(of: wanted, from: place + 1) == nil)
                    if let last = bytes.indices.last { bytes[last] = wanted }
                    #expect(bytes.span.firstIndex(of: wanted) == place)
                }
            }
        }
    }
}
