import Glibc

/// The part of an address or a URL that says where: `localhost:8080`, `127.0.0.1`, `[::1]:0`. Judged whole when it is read,
/// because what a connection makes of a wrong port much later is not an error but the end of the process.
struct HostAndPort: Hashable, Sendable {
    /// An IP address without brackets, or a host name.
    let host: String
    /// 0 to 65535; nil when there is none.
    let port: Int?

    /// Reads it; nil when anything is wrong with it.
    init?(_ text: some StringProtocol) {
        var host = Substring(text)
        if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
            guard let port = Self.port(host[host.index(after: colon)...]) else { return nil }
            self.port = port
            host = host[..<colon]
        } else {
            port = nil
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            self.host = String(host.dropFirst().dropLast())
            guard Self.isAddress(self.host, family: AF_INET6) else { return nil }
        } else {
            self.host = String(host)
            guard Self.isAddress(self.host, family: AF_INET) || Self.isName(self.host) else { return nil }
        }
    }

    /// Whether the host is this machine and nobody can reach it from another: what goes there needs no TLS. A name counts only
    /// when no resolver is asked for it (RFC 6761 section 6.3).
    static func isLoopback(_ host: String) -> Bool {
        let name = host.lowercased()
        if name == "localhost" || name.hasSuffix(".localhost") { return true }
        var (four, six) = (in_addr(), in6_addr())
        if inet_pton(AF_INET, host, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
        guard inet_pton(AF_INET6, host, &six) == 1 else { return false }
        let bytes = withUnsafeBytes(of: &six) { Array($0) }
        let isMapped = bytes.starts(with: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 127])
        return isMapped || bytes == [UInt8](repeating: 0, count: 15) + [1]
    }

    /// Digits alone: Int takes signs as well, and would take "+80".
    private static func port(_ digits: Substring) -> Int? {
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(digits), port <= 65535
        else { return nil }
        return port
    }

    private static func isAddress(_ text: String, family: Int32) -> Bool {
        var address = in6_addr()
        return inet_pton(family, text, &address) == 1
    }

    /// Labels of letters, digits, hyphens and underscores, which names of containers have; one that is only digits and dots is a
    /// mistyped address.
    private static func isName(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count), !text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E })
        else { return false }
        return text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy { byte in
                    switch byte {
                    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
                    default: false
                    }
                }
        }
    }
}
