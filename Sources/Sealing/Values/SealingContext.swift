/// The place a value is sealed for. A value opens only with the context it was sealed with, so a row copied to
/// another column, row or tenant does not open.
package struct SealingContext: Sendable {
    /// The encoded parts; see `SealedValue` for the layout.
    let encoded: [UInt8]

    /// - Parameters:
    ///   - purpose: what kind of value it is, such as a table and column; a constant of the caller.
    ///   - place: whose value it is, from the widest scope to the narrowest, such as add-on, workspace, installation.
    package init(purpose: String, place: [String]) {
        let size = place.reduce(purpose.utf8.count) { $0 + $1.utf8.count }
        var encoding = PartsEncoding(count: place.count + 1, size: size)
        encoding.append(purpose)
        for part in place { encoding.append(part) }
        encoded = encoding.bytes
    }

    /// What is authenticated together with a value: its header, then this.
    func associatedData(after header: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(header.count + encoded.count)
        bytes += header
        bytes += encoded
        return bytes
    }
}

/// The number of parts, then every part after its length; all numbers are 4 bytes, most significant first.
///
/// Injective: two different lists never have the same encoding, so no two places share associated data by moving a
/// character over a boundary (`["ab", "c"]` and `["a", "bc"]`) or by leaving a part out.
struct PartsEncoding {
    private(set) var bytes: [UInt8] = []

    /// Begins an encoding of `count` parts, of `size` bytes together.
    init(count: Int, size: Int) {
        bytes.reserveCapacity(4 + 4 * count + size)
        append(number: count)
    }

    /// The whole encoding of some parts.
    init(_ parts: [[UInt8]]) {
        self.init(count: parts.count, size: parts.reduce(0) { $0 + $1.count })
        for part in parts { append(part) }
    }

    /// Adds a text as the next part.
    mutating func append(_ part: String) {
        var part = part
        part.withUTF8 { part in
            append(number: part.count)
            unsafe bytes.append(contentsOf: part)
        }
    }

    /// Adds the next part. The caller adds as many as it announced.
    mutating func append(_ part: some Collection<UInt8>) {
        append(number: part.count)
        bytes.append(contentsOf: part)
    }

    /// Traps above 4 GiB: a length cut short would break injectivity.
    private mutating func append(number: Int) {
        let number = UInt32(number)
        for shift in stride(from: 24, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
}
