import Testing

@testable import Marketplace

@Suite struct KnownPlatformTests {
    private let platform = KnownPlatform.clockify

    @Test func `the built-in key is the one that is published`() {
        #expect(
            platform.builtInKeys.fingerprints == ["0cebc449014cf940ad0763e204b29b3a2263abfa1ccd298347c9bd2db2708b16"])
    }

    @Test func `names, words and hosts are those that are documented`() {
        #expect(platform.lifecycleTokenField.text == "X-Addon-Lifecycle-Token")
        #expect(platform.signatureField.text == "clockify-signature")
        #expect(platform.eventTypeField.text == "clockify-webhook-event-type")
        #expect(platform.issuer == "clockify" && platform.tokenType == "addon")
        #expect(platform.hosts.hosts == ["clockify.me"])
    }

    @Test func `a field's name in lower case is that name`() {
        for field in [platform.lifecycleTokenField, platform.signatureField, platform.eventTypeField] {
            #expect(field.lowercased.description == field.text.lowercased())
        }
    }

    @Test func `its API is at one of its hosts, which are host names in lower case`() {
        #expect(APIURL(platform.apiURL, allowed: platform.hosts)?.text == platform.apiURL)
        #expect(PlatformHosts(platform.hosts.hosts) == platform.hosts)
    }
}
