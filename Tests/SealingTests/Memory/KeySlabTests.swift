import Testing

@testable import Sealing

@Suite struct KeySlabTests {
    @Test func `a slot is zero when it is taken and when it was given back`() {
        let slab = KeySlab()
        let slot = slab.allocate()
        #expect(slot.bytes.allSatisfy { $0 == 0 })
        slot.bytes.copyBytes(from: [UInt8](repeating: 0xAA, count: 32))
        slab.release(slot)
        #expect(slot.bytes.allSatisfy { $0 == 0 })
    }

    @Test func `a slot that was given back is used again`() {
        let slab = KeySlab()
        let first = slab.allocate()
        let address = first.bytes.baseAddress
        slab.release(first)
        #expect(slab.allocate().bytes.baseAddress == address)
    }

    @Test func `slots do not overlap and chunks are made as needed`() {
        let slab = KeySlab()
        let slots = (0..<300).map { _ in slab.allocate() }
        let starts = slots.map { UInt(bitPattern: $0.bytes.baseAddress) }.sorted()
        #expect(zip(starts, starts.dropFirst()).allSatisfy { $1 - $0 >= 32 })
        #expect(slots.allSatisfy { $0.bytes.count == 32 })
        #expect(slab.chunkCount == 3)
        for slot in slots { slab.release(slot) }
        for _ in 0..<300 { _ = slab.allocate() }
        #expect(slab.chunkCount == 3)
    }

    @Test func `the memory of a chunk is locked where the system allows it`() throws {
        let slab = KeySlab()
        let slot = slab.allocate()
        guard slab.isLocked else { return }
        // The kernel lists locked memory and memory that is left out of core dumps as flags lo and dd.
        let flags = try vmFlags(of: UInt(bitPattern: slot.bytes.baseAddress))
        #expect(flags.contains("lo"))
        #expect(flags.contains("dd"))
    }

    @Test func `many threads taking and giving back never share a slot`() async {
        let slab = KeySlab()
        let clashes = await withTaskGroup(of: Int.self) { group in
            for worker in UInt8(1)...8 {
                group.addTask {
                    var clashes = 0
                    for _ in 0..<2000 {
                        let slot = slab.allocate()
                        if slot.bytes.contains(where: { $0 != 0 }) { clashes += 1 }
                        slot.bytes.copyBytes(from: [UInt8](repeating: worker, count: 32))
                        if slot.bytes.contains(where: { $0 != worker }) { clashes += 1 }
                        slab.release(slot)
                    }
                    return clashes
                }
            }
            return await group.reduce(0, +)
        }
        #expect(clashes == 0)
    }
}
