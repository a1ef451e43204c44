import CSodium
import Testing

@testable import Sealing

@Suite struct MACKeyTests {
    private let mac = MACKey(material: countingKey)

    // The expected digests were made with another implementation: blake2b of Python's hashlib.

    @Test(arguments: [
        ("", "4e51e7a913fc80137da52880fecca175bf81e117d5c68126dc2774033517ea0d"),
        ("abc", "d63a32d3e44738d7907f964316c241adaba0abfeabc32349677578a15a203f7f"),
    ])
    func `the digest is what another implementation computes`(message: String, expected: String) {
        #expect(hex(mac.digest(of: Array(message.utf8)).bytes) == expected)
    }

    @Test func `the digest of parts is that of their encoding`() {
        let digest = mac.digest(of: [Array("a".utf8), Array("bc".utf8)])
        #expect(hex(digest.bytes) == "4c02982bd15a8c6d6a991215b4cd61dfcc69274035c7264d284978f05c88df22")
    }

    @Test func `the digest is BLAKE2b with the key`() {
        for count in [0, 1, 63, 64, 127, 128, 129, 800, 5000] {
            let message = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            var expected = [UInt8](repeating: 0, count: 32)
            let key = [UInt8](0..<32)
            #expect(crypto_generichash(&expected, 32, message, UInt64(count), key, 32) == 0)
            #expect(mac.digest(of: message).bytes == expected)
            #expect(mac.digest(of: SecretBytes(message)).bytes == expected)
        }
    }

    @Test func `another key gives another digest`() {
        #expect(!MACKey.random().digest(of: [1]).matches(MACKey.random().digest(of: [1])))
    }

    @Test func `a byte that moves to the next part changes the digest`() {
        let digests = [
            mac.digest(of: [[1, 2], [3]] as [[UInt8]]), mac.digest(of: [[1], [2, 3]] as [[UInt8]]),
            mac.digest(of: [[1, 2, 3]] as [[UInt8]]), mac.digest(of: [[1, 2, 3], []] as [[UInt8]]),
        ]
        #expect(Set(digests.map(\.bytes)).count == 4)
    }
}
