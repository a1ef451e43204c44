/// A URL that requests can go to, judged whole when it is read: no user part, which would be a secret in a setting that is
/// shown, no fragment, a port that can be connected to, and nothing that an HTTP client would have to guess at.
struct HTTPURL: Hashable, Sendable {
    /// Scheme, host and port, such as `http://127.0.0.1:8080`.
    let origin: String
    /// Path and query.
    let target: String

    /// What it has to be, for whoever wrote something else.
    static let expectation =
        "an http or https URL: a host name or address, a port from 1 to 65535 if any, no user, no fragment"

    /// Reads it; nil when anything is wrong with it.
    init?(_ text: String) {
        guard text.utf8.count <= 2048, let scheme = ["https://", "http://"].first(where: text.hasPrefix) else {
            return nil
        }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { !"/?#".contains($0) }
        guard let place = HostAndPort(authority), place.port != 0 else { return nil }
        origin = scheme + authority
        target = String(rest[authority.endIndex...])
        guard Self.isTarget(target.utf8) else { return nil }
    }

    /// Whether bytes are a path and a query as RFC 3986 has them.
    private static func isTarget(_ bytes: String.UTF8View) -> Bool {
        var hexDigits = 0
        for byte in bytes {
            switch byte {
            case 0x30...0x39, 0x41...0x46, 0x61...0x66: hexDigits = max(0, hexDigits - 1)
            case _ where hexDigits > 0: return false
            case UInt8(ascii: "%"): hexDigits = 2
            case 0x21...0x7E where !printableElsewhere.contains(byte): break
            default: return false
            }
        }
        return hexDigits == 0
    }

    /// Printable, and yet in no path or query.
    private static let printableElsewhere = Array("\"#<>[\\]^`{|}".utf8)
}
