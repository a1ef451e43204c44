import Marketplace
import Testing

@testable import Innkeeper

@Suite struct SimulateWebhookCommandTests {
    private let manifest: Manifest

    init() throws { manifest = try Manifest(Array(SampleManifest.text.utf8)) }

    @Test func `without a name every webhook of the manifest is sent`() throws {
        #expect(try SimulateWebhookCommand.webhooks(of: manifest, named: []) == manifest.webhooks)
    }

    @Test func `an event goes to every path the manifest names for it`() throws {
        let webhooks = try SimulateWebhookCommand.webhooks(of: manifest, named: ["NEW_TIME_ENTRY"])
        #expect(webhooks.map(\.path.text) == ["/webhooks/time-entries", "/webhooks/billing"])
    }

    @Test func `an event the manifest does not have is refused with those it has`() {
        let error = #expect(throws: SimulateError.self) {
            try SimulateWebhookCommand.webhooks(of: manifest, named: ["NEW_PROJECT", "NEW_TAG"])
        }
        #expect(error?.exitCode == 2)
        #expect(error?.hint?.contains("NEW_PROJECT") == true)
    }

    @Test func `a manifest without webhooks sends none`() throws {
        let empty = try Manifest(Array(#"{"key":"sample","name":"S","baseUrl":"https://example.com"}"#.utf8))
        #expect(throws: SimulateError.noWebhooks) { try SimulateWebhookCommand.webhooks(of: empty, named: []) }
    }
}
