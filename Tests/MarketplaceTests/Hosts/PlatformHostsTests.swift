import Marketplace
import Testing

@Suite struct PlatformHostsTests {
    @Test(arguments: [["clockify.me"], ["Clockify.ME", "example.com"], ["localhost"]])
    func `host names are accepted and lowered`(hosts: [String]) {
        #expect(PlatformHosts(hosts)?.hosts == hosts.map { $0.lowercased() })
    }

    @Test(arguments: [
        [], [""], ["*.clockify.me"], [".clockify.me"], ["clockify.me."], ["clockify.me:443"], ["127.0.0.1"],
        ["[::1]"], ["https://clockify.me"], ["a b"], ["-a.example"], ["a..b"], ["clockify.me", ""],
    ])
    func `what is not a host name is refused`(hosts: [String]) {
        #expect(PlatformHosts(hosts) == nil)
    }
}
