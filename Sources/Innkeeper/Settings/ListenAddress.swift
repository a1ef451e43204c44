import Glibc

/// Where a listener listens: `host:port`. Port 0 takes a free one.
struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IP address without brackets, or a host name.
    let host: String
    /// 0 to 65535.
    let port: Int

    /// An address whose parts are known to be right.
    private init(trusted host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// This machine only.
    static func loopback(port: Int) -> ListenAddress { ListenAddress(trusted: "127.0.0.1", port: port) }

    /// Reads `127.0.0.1:8080`, `[::1]:0` or `localhost:8080`; nil for anything else. There is no default host: what is
    /// reachable from where must be said.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        // Int accepts signs and would take "+80".
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(digits), port <= 65535
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard Self.isAddress(host, family: AF_INET6) else { return nil }
        } else {
            guard Self.isAddress(host, family: AF_INET) || Self.isName(host) else { return nil }
        }
        self.init(trusted: host, port: port)
    }

    var description: String { authority(port: port) }

    /// The address in a URL, with the port that was really taken.
    func authority(port: Int) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    private static func isAddress(_ text: String, family: Int32) -> Bool {
        var address = in6_addr()
        return inet_pton(family, text, &address) == 1
    }

    /// Labels of letters, digits and hyphens; one that is only digits and dots is a mistyped address.
    private static func isName(_ text: String) -> Bool {
        guard (1...253).contains(text.utf8.count), !text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E })
        else { return false }
        return text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy { byte in
                    switch byte {
                    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"): true
                    default: false
                    }
                }
        }
    }
}
