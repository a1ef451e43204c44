import Testing

@testable import Sealing

@Suite struct StreamDigestTests {
    private func digest(_ pieces: [[UInt8]]) -> String {
        let stream = StreamDigest()
        for piece in pieces { piece.withUnsafeBytes { stream.update($0) } }
        return hex(stream.finish().bytes)
    }

    @Test func `the digest is BLAKE2b-256`() {
        // blake2b of Python's hashlib with a digest size of 32.
        let expected = "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"
        #expect(digest([Array("abc".utf8)]) == expected)
    }

    @Test func `the pieces do not matter, the bytes do`() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        #expect(digest([bytes]) == digest([Array(bytes[..<1]), [], Array(bytes[1..<777]), Array(bytes[777...])]))
        #expect(digest([bytes]) != digest([Array(bytes.dropLast())]))
    }
}
