import Installations
import Marketplace
import TestSupport
import Testing

@Suite struct InstallationTests {
    @Test(arguments: [
        ("https://api.clockify.me/api", true, "https://api.clockify.me/api"),
        ("https://elsewhere.example/api", true, nil), ("", true, nil), ("https://api.clockify.me/api", false, nil),
    ])
    func `a URL is shown of an authentic row only, and while its host is allowed`(
        stored: String, isGenuine: Bool, shown: String?
    ) throws {
        let now = TestClock().now
        let installation = Installation(
            id: try TestPlatform().id(), number: 1, status: .active, apiURL: stored, addonUserID: "", asUser: "",
            installedAt: now, updatedAt: now, endedAt: nil, tokenSet: 1, storageKey: nil, webhookPaths: [],
            isGenuine: isGenuine)
        #expect(installation.apiURL(allowed: KnownPlatform.clockify.hosts)?.text == shown)
    }
}
