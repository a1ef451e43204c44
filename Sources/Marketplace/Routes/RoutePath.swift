/// A path in the one form in which paths are compared: leading slash, no trailing one, no double one, no query.
///
/// The platform writes the same path as a full URL, with a double slash or bare (protocol.md section 6). Characters are
/// compared as they are: percent-encoding is not decoded and dot segments are not resolved, so a path in another
/// spelling matches nothing rather than something unforeseen.
package struct RoutePath: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The longest path, in bytes. What stands in front of it, and a query, have no bound of their own: they are part of a
    /// request's head, and decide nothing.
    package static let maximumLength = 2048

    /// The path `/`.
    package static let root = RoutePath(text: "/")

    /// The normal form.
    package let text: String

    private init(text: String) { self.text = text }

    /// The normal form of a path, an absolute URL or a request target; nil when it is empty, too long or holds a
    /// control character or a space.
    package static func normalise(_ text: String) -> RoutePath? {
        // Requests and stored rows mostly have the normal form already.
        if isNormal(text) { return RoutePath(text: text) }
        guard !text.isEmpty, !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else { return nil }
        var bytes = Array(text.utf8)[...]
        if let authority = URLText.authority(of: bytes) { bytes = bytes[authority.upperBound...] }
        let path = bytes.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        guard path.count <= maximumLength else { return nil }
        let segments = path.split(separator: UInt8(ascii: "/"))
        return RoutePath(text: "/" + segments.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/"))
    }

    /// The normal form of a path that is part of a text.
    package static func normalise(_ text: Substring) -> RoutePath? { normalise(String(text)) }

    private static func isNormal(_ text: String) -> Bool {
        let bytes = text.utf8.span
        guard (2...maximumLength).contains(bytes.count) else { return false }
        var previous: UInt8 = 0
        for index in bytes.indices {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "/"): if previous == byte { return false }
            case UInt8(ascii: "?"), UInt8(ascii: "#"), 0...0x20, 0x7F: return false
            default: if previous == 0 { return false }
            }
            previous = byte
        }
        return previous != UInt8(ascii: "/")
    }

    /// This path below `base`, as requests carry it.
    package func below(_ base: RoutePath) -> RoutePath {
        if base == .root { return self }
        return self == .root ? base : RoutePath(text: base.text + text)
    }

    /// What is left of this path below `base`; nil when it does not lie there.
    func without(_ base: RoutePath) -> RoutePath? {
        if base == .root { return self }
        if self == base { return .root }
        guard text.utf8.starts(with: (base.text + "/").utf8) else { return nil }
        return RoutePath(text: String(decoding: text.utf8.dropFirst(base.text.utf8.count), as: UTF8.self))
    }

    package var description: String { text }

    package static func < (left: RoutePath, right: RoutePath) -> Bool { left.text < right.text }
}
