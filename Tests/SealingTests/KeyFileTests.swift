import Testing

@testable import Sealing

/// The text of a key file, made by hand.
let sampleFile = """
    # a comment
    innkeeper-storage-key-1:0123456789abcdef:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f

    """

@Suite struct KeyFileTests {
    private func decode(_ text: String) -> StorageKey? {
        Array(text.utf8).withUnsafeBytes { KeyFile.decode($0) }
    }

    @Test func `a key file is a comment line and a key line`() throws {
        let key = StorageKey(id: .init(bitPattern: 0x0123_4567_89ab_cdef), material: countingKey)
        let text = String(decoding: KeyFile.encode(key).plain, as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 3)
        #expect(lines[0].hasPrefix("# Storage key of an Innkeeper deployment."))
        #expect(lines[1] == sampleFile.split(separator: "\n")[1])
        #expect(lines[2] == "")
    }

    @Test func `a key file is read back`() throws {
        let key = StorageKey.random()
        let read = try #require(KeyFile.encode(key).expose("test") { KeyFile.decode($0) })
        #expect(read.id == key.id)
        #expect(read.material.matches(key.material))
        let sample = try #require(decode(sampleFile))
        #expect(sample.id.description == "0123456789abcdef")
        #expect(sample.material.matches(countingKey))
    }

    @Test func `comments are optional and may be several`() {
        let line = String(sampleFile.split(separator: "\n")[1]) + "\n"
        #expect(decode(line) != nil)
        #expect(decode("#\n# two\n" + line) != nil)
    }

    @Test func `every part of a file that ends early is refused`() {
        let text = Array(sampleFile.utf8)
        for count in text.indices {
            let key = text[..<count].withUnsafeBytes { KeyFile.decode($0) }
            #expect(key == nil, "\(count) bytes")
        }
    }

    @Test(arguments: [
        ("0a0b", "0g0b"), ("0a0b", "0 0b"), ("0a0b", "0:0b"), ("key-1", "key-2"), ("9abcdef", "9ABCDEF"),
        (":0001", ";0001"), (":0001", "::0001"), (":0001", ":0\001"), ("# a", "a"), ("\n", "\r\n"),
        ("comment\n", "comment\n\n"), ("1f\n", "1f\n\n"), ("1f\n", "1f20\n"), ("1f\n", "1f\n# after\n"),
        ("1f\n", "1\n"), ("1f\n", "1f "), ("1f\n", "1f"),
    ])
    func `anything else is refused`(part: String, replacement: String) {
        let altered = sampleFile.replacing(part, with: replacement)
        #expect(altered != sampleFile)
        #expect(decode(altered) == nil)
    }
}
