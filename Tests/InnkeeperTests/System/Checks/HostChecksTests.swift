import Installations
import Marketplace
import Testing

@testable import Innkeeper

@Suite struct HostChecksTests {
    @Test func `room is asked for before it runs out`() {
        #expect(HostChecks.space(available: 1 << 30).status == .ok)
        #expect(HostChecks.space(available: (1 << 30) - 1).status == .warn)
        #expect(HostChecks.space(available: (128 << 20) - 1).status == .fail)
        #expect(HostChecks.space("/nowhere").status == .fail)
    }

    @Test func `key memory that was not locked is a finding`() {
        #expect(HostChecks.memory(isLocked: true).status == .ok)
        #expect(HostChecks.memory(isLocked: false).status == .warn)
    }

    @Test func `each swap that is on is named`() {
        let heading = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
        for table in [nil, "", heading] { #expect(HostChecks.swap(table).status == .ok) }
        let partition = "/dev/sda2                               partition\t1998844\t\t0\t\t-2\n"
        let file = "/swap\\040file                            file\t\t2097148\t\t512\t\t-3\n"
        let finding = HostChecks.swap(heading + partition + file)
        #expect(finding.status == .warn)
        #expect(finding.message.contains("/dev/sda2, /swap") && finding.message.contains("040file"))
        #expect(finding.fix?.contains("swapoff") == true)
    }
}

@Suite struct ExposureChecksTests {
    @Test(arguments: [
        "127.0.0.1", "127.1.2.3", "localhost", "LocalHost", "a.localhost", "[::1]", "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
    ])
    func `what only this machine reaches is no finding`(host: String) throws {
        let addon = try #require(AddonKey("addon"))
        let bind = try #require(ListenAddress(host + ":0"))
        #expect(ExposureChecks.operatorListener(bind).status == .ok)
        #expect(ExposureChecks.forward(addon, to: "http://\(host):9000/x") == nil)
        #expect(ExposureChecks.forward(addon, to: "http://\(host)") == nil)
    }

    @Test(arguments: [
        "0.0.0.0", "10.0.0.1", "128.0.0.1", "192.0.2.127", "[::]", "[fe80::1]", "[::ffff:10.0.0.1]", "[127::1]",
        "localhost.example", "notlocalhost", "127.evil.example", "backend", "addon.example.com",
    ])
    func `what others reach is one, with the setting to change`(host: String) throws {
        let addon = try #require(AddonKey("addon"))
        let bind = try #require(ListenAddress(host + ":0"))
        let listener = ExposureChecks.operatorListener(bind)
        #expect(listener.status == .warn && listener.fix?.contains("operator.bind") == true)
        let forward = try #require(ExposureChecks.forward(addon, to: "http://\(host):9000/x?key=hidden"))
        #expect(forward.status == .warn && forward.fix?.contains("forward.addon.url") == true)
        #expect(forward.message.contains(host) && !forward.message.contains("hidden"))
        #expect(ExposureChecks.forward(addon, to: "https://\(host):9000/x") == nil)
    }
}

@Suite struct AddressCheckTests {
    @Test(arguments: [
        "https://addon.example.com", "https://addon.vendor.io:8443/x", "https://203.0.113.7", "https://[2001:db8::1]/p",
    ])
    func `an address that may be public is left alone`(url: String) {
        #expect(AddressCheck.problem(url) == nil)
    }

    @Test(arguments: [
        "http://localhost:8080", "https://127.0.0.1", "https://[::1]:8080/x", "https://addon", "https://addon.local",
        "https://192.168.1.4", "https://10.0.0.1", "https://addon.internal/x", "https://x.invalid",
    ])
    func `an address that the platform cannot reach is named`(url: String) {
        #expect(AddressCheck.problem(url)?.contains("baseUrl") == true)
    }
}
