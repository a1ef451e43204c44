/// The base URL of the platform's API for one installation: `https`, an allowed host, a plain path, nothing else.
package struct APIURL: Hashable, Sendable, CustomStringConvertible {
    /// The URL without a slash at its end; its host is in lower case.
    package let text: String

    /// Reads a URL; nil when it is not `https`, its host is not allowed, or it has a port, user, query or fragment.
    package init?(_ url: String, allowed hosts: PlatformHosts) {
        let bytes = Array(url.utf8)
        guard bytes.count <= 512, let authority = URLText.authority(of: bytes[...]),
            authority.lowerBound == "https://".utf8.count
        else { return nil }
        // A user part or a port leaves `@` or `:` in the host, which no host name has.
        let host = URLText.lowercased(bytes[authority])
        let path = bytes[authority.upperBound...]
        guard hosts.allows(host), path.allSatisfy(Self.isPlain) else { return nil }
        let end = path.lastIndex { $0 != UInt8(ascii: "/") }.map { $0 + 1 } ?? path.startIndex
        text = "https://" + host + String(decoding: path[..<end], as: UTF8.self)
    }

    /// The URL of an installation: the verified token's `backendUrl`, else the body's `apiUrl` (contract.md section 2).
    /// Nil when the one that counts is not allowed: a claim that is refused does not make the unsigned body count.
    package static func choose(claim: String?, body: String?, allowed hosts: PlatformHosts) -> APIURL? {
        (claim ?? body).flatMap { APIURL($0, allowed: hosts) }
    }

    package var description: String { text }

    /// Unreserved characters and slashes; no percent-encoding, backslash or anything two readers may split differently.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"): true
        default: false
        }
    }
}
