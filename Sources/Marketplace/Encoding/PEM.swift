/// PEM text (RFC 7468), strictly: what stands outside a block is a blank line or a comment that begins with `#`.
///
/// OpenSSL's own reader skips any text before a block, so a file cut in half would pass as a shorter list of keys.
enum PEM {
    /// One block: its label, such as `PUBLIC KEY`, and its bytes.
    struct Block {
        let label: String
        let der: [UInt8]
    }

    /// The text is not PEM at this line, counted from 1.
    struct Malformed: Error {
        let line: Int
    }

    /// All blocks of `text`, in order.
    static func blocks(_ text: String) throws(Malformed) -> [Block] {
        var blocks: [Block] = []
        var open: (label: String, base64: [UInt8])?
        var number = 0
        // The byte order mark that some editors put in front says nothing.
        let text = text.unicodeScalars.first == "\u{FEFF}" ? text.unicodeScalars.dropFirst() : text.unicodeScalars[...]
        for line in Substring(text).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            number += 1
            if let block = open {
                guard line == "-----END \(block.label)-----" else {
                    guard !line.hasPrefix("-") else { throw Malformed(line: number) }
                    open?.base64.append(contentsOf: line.utf8)
                    continue
                }
                guard let der = decode(block.base64), !der.isEmpty else { throw Malformed(line: number) }
                blocks.append(Block(label: block.label, der: der))
                open = nil
            } else if line.hasPrefix("-----BEGIN "), line.hasSuffix("-----"), line.count > 16 {
                open = (String(line.dropFirst(11).dropLast(5)), [])
            } else if !line.isEmpty, !line.hasPrefix("#") {
                throw Malformed(line: number)
            }
        }
        if open != nil { throw Malformed(line: number) }
        return blocks
    }

    /// One block as text, 64 characters a line.
    static func text(label: String, der: [UInt8]) -> String {
        var base64 = Base64URL.encode(der).utf8.map { exchange($0, from: urlOnly, to: standardOnly) }
        while base64.count % 4 != 0 { base64.append(UInt8(ascii: "=")) }
        let lines = stride(from: 0, to: base64.count, by: 64).map {
            String(decoding: base64[$0..<min($0 + 64, base64.count)], as: UTF8.self)
        }
        return (["-----BEGIN \(label)-----"] + lines + ["-----END \(label)-----", ""]).joined(separator: "\n")
    }

    private static let standardOnly = Array("+/".utf8)
    private static let urlOnly = Array("-_".utf8)

    /// Base64 in the standard alphabet with padding, by way of the strict decoder; nil when it is not canonical.
    private static func decode(_ base64: [UInt8]) -> [UInt8]? {
        guard base64.count % 4 == 0, !base64.contains(where: urlOnly.contains) else { return nil }
        var text = base64.map { exchange($0, from: standardOnly, to: urlOnly) }
        for _ in 0..<2 where text.last == UInt8(ascii: "=") { text.removeLast() }
        return Base64URL.decode(text.span)
    }

    private static func exchange(_ byte: UInt8, from: [UInt8], to: [UInt8]) -> UInt8 {
        from.firstIndex(of: byte).map { to[$0] } ?? byte
    }
}
