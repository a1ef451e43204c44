import Testing

@testable import Sealing

/// The text of a key file, made by hand.
let sampleFile = """
    # a comment
    innkeeper-storage-key-1:0123456789abcdef:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f

    """

@Suite struct KeyFileTests {
    private func decode(_ text: String) -> StorageKey? {
        try? read(text)
    }

    private func read(_ text: String) throws -> StorageKey {
        try Array(text.utf8).withUnsafeBytes { try KeyFile.decode($0) }
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
        let read = try KeyFile.encode(key).expose("test") { try KeyFile.decode($0) }
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

    @Test func `every part of a key is refused, and of a whole one the line's end may be missing`() {
        let text = Array(sampleFile.utf8)
        for count in text.indices {
            let key = text[..<count].withUnsafeBytes { try? KeyFile.decode($0) }
            #expect((key != nil) == (count == text.count - 1), "\(count) bytes")
        }
    }

    @Test(arguments: [
        ("\n", "\r\n"), ("\n", "\r"), ("1f\n", "1f"), ("1f\n", "1f \t\r\n\r\n"), ("# a", "\u{FEFF}# a"),
        ("comment\n", "comment\n\n \n"),
        ("1f\n", "1f\n# after\n"), ("innkeeper", "  innkeeper"),
    ])
    func `a file that an editor or another system has saved is read`(part: String, replacement: String) throws {
        let altered = sampleFile.replacing(part, with: replacement)
        #expect(altered != sampleFile)
        #expect(try read(altered).material.matches(countingKey))
    }

    @Test(
        arguments: [
            ("0a0b", "0g0b", .notHexadecimal), ("0a0b", "0 0b", .notHexadecimal), ("0a0b", "0:0b", .notHexadecimal),
            ("key-1", "key-2", .noKey), ("9abcdef", "9ABCDEF", .noID), (":0001", ";0001", .noID),
            (":0001", "::001", .notHexadecimal),
            (":0001", "::0001", .tooManyDigits), ("# a", "a", .severalLines), ("1f\n", "1f20\n", .tooManyDigits),
            ("1f\n", "1\n", .cutShort), ("1f\n", "1f\n1f\n", .severalLines), ("10111", "1011\n1", .severalLines),
            ("innkeeper-", "# innkeeper-", .empty), ("innkeeper", "\u{FEFF}innkeeper", .noKey),
            ("# a", String(repeating: "#", count: 4096), .tooLong),
        ] as [(String, String, KeyFileProblem)])
    func `anything else is refused, and what is wrong is said`(
        part: String, replacement: String, problem: KeyFileProblem
    ) {
        let altered = sampleFile.replacing(part, with: replacement)
        #expect(altered != sampleFile)
        #expect(throws: problem) { try read(altered) }
        #expect(problem.text.contains("; "), "after the fault comes the fix")
    }

    @Test func `a file saved as UTF-16 is told from one that is damaged`() {
        for mark in [[0xFF, 0xFE], [0xFE, 0xFF]] as [[UInt8]] {
            let bytes = mark + sampleFile.utf8.flatMap { [0, $0] }
            #expect(throws: KeyFileProblem.utf16) { try bytes.withUnsafeBytes { try KeyFile.decode($0) } }
        }
    }
}
