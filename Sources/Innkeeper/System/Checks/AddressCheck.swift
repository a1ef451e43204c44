import FoundationEssentials
import Installations
import Marketplace

/// Whether the platform can reach a manifest's `baseUrl`, as far as the address itself tells.
enum AddressCheck {
    /// What is wrong with the address; nil when nothing shows.
    static func problem(_ baseURL: String) -> String? {
        guard let host = URL(string: baseURL)?.host()?.lowercased() else { return "baseUrl has no host" }
        // An IPv6 host keeps its brackets in some versions.
        let name = host.filter { $0 != "[" && $0 != "]" }
        if name == "localhost" || name.hasSuffix(".localhost") || name.hasPrefix("127.") || name == "::1" {
            return "baseUrl names this machine; the platform cannot reach it there"
        }
        let reserved = [".local", ".internal", ".invalid", ".test", ".example"]
        if reserved.contains(where: name.hasSuffix) || (!name.contains(".") && !name.contains(":")) {
            return "baseUrl: \(name) is no public name"
        }
        if name.hasPrefix("10.") || name.hasPrefix("192.168.") || name.hasPrefix("169.254.") || name == "0.0.0.0" {
            return "baseUrl: \(name) is a private address"
        }
        return nil
    }
}
