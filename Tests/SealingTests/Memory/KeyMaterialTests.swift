import Glibc
import Testing

@testable import Sealing

/// The flags that the kernel keeps for the mapping of an address.
func vmFlags(of address: UInt) throws -> [Substring] {
    let file = try #require(fopen("/proc/self/smaps", "r"))
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 1024)
    var isInside = false
    while fgets(&line, Int32(line.count), file) != nil {
        let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        let range = text.prefix { $0 != " " }.split(separator: "-").compactMap { UInt($0, radix: 16) }
        if range.count == 2 { isInside = (range[0]..<range[1]).contains(address) }
        if isInside, text.hasPrefix("VmFlags:") { return text.dropLast().split(separator: " ") }
    }
    return []
}

@Suite struct KeyMaterialTests {
    @Test func `a key keeps the bytes it was made from`() {
        #expect(countingKey.plain == Array(0..<32))
    }

    @Test(arguments: [0, 16, 31, 33, 64])
    func `bytes that are not 32 make no key`(count: Int) {
        #expect([UInt8](repeating: 7, count: count).withUnsafeBytes { KeyMaterial(copying: $0) } == nil)
    }

    @Test func `random keys differ and are not zero`() {
        let keys = (0..<100).map { _ in KeyMaterial.random().plain }
        #expect(Set(keys).count == 100)
        #expect(!keys.contains([UInt8](repeating: 0, count: 32)))
    }

    @Test func `the bytes are zeroed when the last reference goes`() {
        let slab = KeySlab()
        var key: KeyMaterial? = KeyMaterial(slab: slab) { $0.copyBytes(from: [UInt8](repeating: 0x5A, count: 32)) }
        let address = key?.expose("test") { $0.baseAddress }
        #expect(address.flatMap { peek($0, count: 32) } == [UInt8](repeating: 0x5A, count: 32))
        key = nil
        #expect(address.flatMap { peek($0, count: 32) } == [UInt8](repeating: 0, count: 32))
        withExtendedLifetime(slab) {}
    }

    @Test func `a key whose making fails gives its slot back zeroed`() {
        struct Failure: Error {}
        let slab = KeySlab()
        var address: UnsafeMutableRawPointer?
        #expect(throws: Failure.self) {
            try KeyMaterial(slab: slab) { (slot) throws(Failure) in
                slot.copyBytes(from: [UInt8](repeating: 0x5A, count: 32))
                address = slot.baseAddress
                throw Failure()
            }
        }
        let next = slab.allocate()
        #expect(next.bytes.baseAddress == address)
        #expect(next.bytes.allSatisfy { $0 == 0 })
    }

    @Test func `a key matches the same bytes only`() {
        #expect(countingKey.matches(key(Array(0..<32))))
        #expect(countingKey.matches(Array(0..<32)))
        for index in 0..<32 {
            var other = [UInt8](0..<32)
            other[index] ^= 0x80
            #expect(!countingKey.matches(other))
        }
        #expect(!countingKey.matches(Array(0..<31)))
        #expect(!countingKey.matches([]))
    }
}
