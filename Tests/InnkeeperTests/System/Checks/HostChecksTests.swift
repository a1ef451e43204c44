import Installations
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
