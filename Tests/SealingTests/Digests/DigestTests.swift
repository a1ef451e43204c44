import Testing

@testable import Sealing

@Suite struct DigestTests {
    private let digests = (0..<10).map { MACKey(material: countingKey).digest(of: [UInt8($0)]) }

    /// A span cannot be captured by `#expect`.
    private func isIn(_ digest: Digest, _ candidates: [Digest]) -> Bool {
        digest.matchesAny(candidates.span)
    }

    @Test func `a digest is its 32 bytes`() {
        let bytes = [UInt8](100..<132)
        #expect(Digest(bytes: bytes)?.bytes == bytes)
        #expect(Digest(bytes: Array(0..<31)) == nil)
        #expect(Digest(bytes: Array(0..<33)) == nil)
        #expect(MemoryLayout<Digest>.stride == 32)
    }

    @Test func `a digest matches the same bytes only`() throws {
        let bytes = [UInt8](100..<132)
        let digest = try #require(Digest(bytes: bytes))
        #expect(digest.matches(digest))
        for bit in 0..<256 {
            var other = bytes
            other[bit / 8] ^= 1 << (bit % 8)
            #expect(!digest.matches(try #require(Digest(bytes: other))))
        }
    }

    @Test func `a match is found at every position`() {
        for digest in digests {
            #expect(digest.matchesAny(digests))
            #expect(digest.matchesAny(digests[...]))
            #expect(isIn(digest, digests))
        }
    }

    @Test func `several matches are a match`() {
        #expect(digests[0].matchesAny([digests[0], digests[0]]))
        #expect(isIn(digests[0], [digests[0], digests[1], digests[0], digests[0]]))
    }

    @Test func `no match is found where there is none`() {
        #expect(!digests[9].matchesAny(digests.dropLast()))
        #expect(!isIn(digests[9], Array(digests[..<9])))
        #expect(!digests[0].matchesAny([]))
        #expect(!isIn(digests[0], [Digest]()))
    }

    @Test func `all candidates are looked at, also after a match`() {
        for digest in digests {
            let candidates = CountingSequence(base: digests)
            #expect(digest.matchesAny(candidates))
            #expect(candidates.counter.count == digests.count)
        }
    }
}

/// Counts how many of its elements were asked for.
private struct CountingSequence: Sequence, IteratorProtocol {
    final class Counter { var count = 0 }

    let counter = Counter()
    private var rest: ArraySlice<Digest>

    init(base: [Digest]) {
        rest = base[...]
    }

    mutating func next() -> Digest? {
        guard let element = rest.popFirst() else { return nil }
        counter.count += 1
        return element
    }
}
