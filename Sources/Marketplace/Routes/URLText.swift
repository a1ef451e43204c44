/// The few things asked of a URL's text. Bytes only, so that nothing is decoded or corrected on the way.
enum URLText {
    /// Where the authority of an absolute `http` or `https` URL lies; nil for any other text.
    static func authority(of bytes: ArraySlice<UInt8>) -> Range<Int>? {
        for scheme in ["https://", "http://"] {
            let prefix = bytes.prefix(scheme.utf8.count)
            // Schemes are case-insensitive; of the bytes in these two, only letters change with the bit.
            guard prefix.count == scheme.utf8.count, zip(prefix, scheme.utf8).allSatisfy({ $0 | 0x20 == $1 | 0x20 })
            else { continue }
            let start = prefix.endIndex
            let end = bytes[start...].firstIndex { "/?#".utf8.contains($0) }
            return start..<(end ?? bytes.endIndex)
        }
        return nil
    }

    /// The text with A to Z in lower case. Swift's `lowercased()` would make a plain `k` of the Kelvin sign.
    static func lowercased(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
