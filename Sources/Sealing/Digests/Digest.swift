import CSodium

/// 32 bytes of a keyed BLAKE2b. Stored inline, so that an array of digests is one allocation.
///
/// Not `Equatable`: digests stand for tokens, and tokens are compared in constant time.
package struct Digest: Sendable {
    typealias Words = InlineArray<4, UInt64>

    /// Bytes of every digest.
    package static let size = 32

    let words: Words

    init(words: Words) {
        self.words = words
    }

    /// The digest with these bytes; nil unless there are 32.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.size else { return nil }
        var words: Words = [0, 0, 0, 0]
        unsafe withUnsafeMutableBytes(of: &words) { unsafe $0.copyBytes(from: bytes) }
        self.words = words
    }

    /// The 32 bytes.
    package var bytes: [UInt8] {
        unsafe withUnsafeBytes(of: words) { unsafe Array($0) }
    }

    /// Whether both are the same, in constant time.
    package func matches(_ other: Digest) -> Bool {
        matchBit(other) == 1
    }

    /// Whether one of the candidates is the same digest, in constant time per candidate.
    ///
    /// Every candidate is compared, also after a match: the time tells how many candidates there are, never which of
    /// them matched or whether one did.
    @inlinable
    package func matchesAny(_ candidates: some Sequence<Digest>) -> Bool {
        var found: UInt8 = 0
        for candidate in candidates {
            // A bitwise or does not branch. `||`, `contains` or a return here would tell the position.
            found |= matchBit(candidate)
        }
        return found == 1
    }

    /// As above, over a span.
    @inlinable
    package func matchesAny(_ candidates: Span<Digest>) -> Bool {
        var found: UInt8 = 0
        for index in candidates.indices {
            found |= matchBit(candidates[index])
        }
        return found == 1
    }

    /// 1 when both are the same, else 0.
    @usableFromInline
    package func matchBit(_ other: Digest) -> UInt8 {
        // sodium_memcmp gives 0 for the same bytes and -1 otherwise; adding 1 makes that a bit without a branch.
        unsafe withUnsafeBytes(of: words) { left in
            unsafe withUnsafeBytes(of: other.words) { right in
                UInt8(truncatingIfNeeded: unsafe sodium_memcmp(left.baseAddress, right.baseAddress, Self.size) &+ 1)
            }
        }
    }
}
