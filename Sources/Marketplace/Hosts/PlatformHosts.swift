/// The hosts an installation's API base URL may have. Without this list a body, which no signature covers, could send
/// installation tokens to any server (protocol.md section 7).
package struct PlatformHosts: Hashable, Sendable {
    /// The hosts in lower case; their subdomains are allowed too.
    package let hosts: [String]

    /// A list of host names; nil when it is empty or one of them is not a host name. An address, a port or a wildcard
    /// is none.
    package init?(_ hosts: [String]) {
        let hosts = hosts.map { URLText.lowercased(Array($0.utf8)[...]) }
        guard !hosts.isEmpty, hosts.allSatisfy(Self.isHostName) else { return nil }
        self.hosts = hosts
    }

    /// The hosts as a setting names them.
    package var text: String { hosts.joined(separator: ",") }

    /// Host names that are written into the program.
    init(trusted hosts: [String]) { self.hosts = hosts }

    /// Whether `host`, in lower case, is one of the hosts or below one.
    func allows(_ host: String) -> Bool {
        // The dot matters: evilclockify.me ends like clockify.me.
        Self.isHostName(host) && hosts.contains { host == $0 || host.hasSuffix("." + $0) }
    }

    /// Labels of letters, digits and inner hyphens between dots. What is only digits and dots would be an address.
    private static func isHostName(_ text: String) -> Bool {
        guard text.utf8.count <= 253, !text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }) else {
            return false
        }
        return text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            let hyphen = UInt8(ascii: "-")
            return (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
                && label.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == hyphen }
        }
    }
}
