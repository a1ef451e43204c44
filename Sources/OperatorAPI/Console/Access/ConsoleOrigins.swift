import Glibc

/// The hosts that the console answers to. A page of another site can make a browser ask this listener under a name of that site's
/// own, which then leads here; what it asks names that host, and is told nothing.
package struct ConsoleOrigins: Sendable {
    /// Whether each is reached by TLS, by the name of the host.
    private let hosts: [String: Bool]

    /// Hosts as an operator names them: `console.example.com`, `https://console.example.com` or `[::1]`, with a port or without;
    /// nil when one of them is none.
    package init?(_ texts: [String]) {
        var hosts: [String: Bool] = [:]
        for text in texts {
            let isSecure = text.hasPrefix("https://")
            let authority = isSecure ? text.dropFirst(8) : text.hasPrefix("http://") ? text.dropFirst(7) : text[...]
            guard let host = Self.host(of: authority) else { return nil }
            hosts[host] = isSecure || hosts[host] ?? false
        }
        self.hosts = hosts
    }

    /// The address that is listened at, and this machine's own names.
    package init(bind host: String) {
        let own = [
            "localhost", "127.0.0.1", "[::1]", Self.normal(host.contains(":") ? "[\(host)]" : host.lowercased()),
        ]
        hosts = Dictionary(own.map { ($0, false) }, uniquingKeysWith: { first, _ in first })
    }

    /// Whether a request to this `Host` is answered, and if so whether its cookies go over TLS only.
    func isSecure(_ authority: String?) -> Bool? {
        authority.flatMap { Self.host(of: $0[...]) }.flatMap { hosts[$0] }
    }

    /// Whether a form comes from a page under the very name that it is sent to: a page of another port of this machine is another
    /// program's.
    static func isSame(origin: String, as authority: String?, isSecure: Bool) -> Bool {
        let schemes = isSecure ? ["https"] : ["http", "https"]
        return schemes.contains { origin.lowercased() == "\($0)://\(authority?.lowercased() ?? "")" }
    }

    /// The name before a port, in lower case; nil for what is no host.
    private static func host(of authority: Substring) -> String? {
        let name: Substring
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            name = authority[...end]
            guard isPort(authority[authority.index(after: end)...]) else { return nil }
        } else {
            name = authority.prefix { $0 != ":" }
            guard isPort(authority.dropFirst(name.count)) else { return nil }
        }
        let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789.-_[]:")
        let host = name.lowercased()
        return host.isEmpty || !host.allSatisfy(allowed.contains) ? nil : normal(host)
    }

    /// An IPv6 address as browsers write it.
    private static func normal(_ host: String) -> String {
        var address = in6_addr()
        guard host.hasPrefix("["), inet_pton(AF_INET6, String(host.dropFirst().dropLast()), &address) == 1 else {
            return host
        }
        var text = [UInt8](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let isWritten = text.withUnsafeMutableBytes { bytes in
            inet_ntop(AF_INET6, &address, bytes.baseAddress, socklen_t(bytes.count)) != nil
        }
        return isWritten ? "[\(String(decoding: text.prefix { $0 != 0 }, as: UTF8.self))]" : host
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || text.first == ":" && text.count > 1 && text.dropFirst().allSatisfy { ("0"..."9").contains($0) }
    }
}
