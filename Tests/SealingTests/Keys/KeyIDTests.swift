import Testing

@testable import Sealing

@Suite struct KeyIDTests {
    @Test(
        arguments: [
            (0, "0000000000000000"), (1, "0000000000000001"), (-1, "ffffffffffffffff"),
            (0x0123_4567_89ab_cdef, "0123456789abcdef"), (Int64.min, "8000000000000000"),
        ] as [(Int64, String)])
    func `the text of an id is its bits, and back`(bits: Int64, text: String) {
        #expect(StorageKeyID(bitPattern: bits).description == text)
        #expect(StorageKeyID(text)?.bitPattern == bits)
        #expect(hex(InstallationKeyID(bitPattern: bits).bytes) == text)
    }

    @Test(arguments: [
        "", "0", "0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF", "0123456789abcdeg", " 123456789abcdef",
        "0123456789abcde ", "+123456789abcdef", "-123456789abcdef", "0x23456789abcdef", "../../../../etc/p",
        "0123456789abcdé", "０123456789abcd", "0123456789abcde\n", "0123456789abcde\0",
    ])
    func `anything but 16 lowercase hexadecimal digits is no id`(text: String) {
        #expect(StorageKeyID(text) == nil)
        #expect(StorageKeyID(text[...]) == nil)
    }

    @Test func `random ids differ`() {
        #expect(Set((0..<1000).map { _ in InstallationKeyID.random() }).count == 1000)
    }
}
