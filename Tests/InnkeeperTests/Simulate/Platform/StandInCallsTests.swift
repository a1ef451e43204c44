import Marketplace
import Testing

@testable import Innkeeper

@Suite struct StandInCallsTests {
    private let calls: StandInCalls
    private let verifier: TokenVerifier
    private let workspace: SimulatedInstallation
    private static let now: Int64 = 1_800_000_000

    init() throws {
        let platform = try StandInPlatform()
        calls = StandInCalls(platform: platform, manifest: try Manifest(Array(SampleManifest.text.utf8)))
        verifier = TokenVerifier(keys: try TrustedKeys(pem: try platform.publicPEM()))
        workspace = try SimulatedInstallation(number: 3)
    }

    @Test func `every lifecycle call carries a lifecycle token for its workspace`() throws {
        let requests = [
            try calls.installed(workspace, now: Self.now),
            try calls.statusChanged(workspace, to: "ACTIVE", now: Self.now),
            try calls.settingsUpdated(workspace, now: Self.now), try calls.deleted(workspace, now: Self.now),
        ]
        for request in requests {
            let header = try #require(request.headers.first { $0.name == "X-Addon-Lifecycle-Token" })
            let token = try verifier.lifecycle(header.value, for: calls.manifest.key, now: Self.now)
            #expect(token.claims.workspaceID == workspace.workspace)
            #expect(token.claims.addonID == workspace.addon)
        }
        #expect(requests.map(\.path).allSatisfy { $0.hasPrefix("/lifecycle/") })
        #expect(Set(requests.map(\.path)).count == 4)
    }

    @Test func `INSTALLED has a genuine token for itself and for each webhook`() throws {
        let payload = try installed(by: calls)
        #expect(payload.addonID == workspace.addon && payload.workspaceID == workspace.workspace)
        #expect(payload.asUser == workspace.owner && payload.addonUserID == workspace.addonUser)
        let key = calls.manifest.key
        let token = try verifier.installation(payload.authToken.reveal(), for: key, now: Self.now)
        #expect(token.claims.backendURL == "https://api.clockify.me/api")
        #expect(payload.webhooks.count == calls.manifest.webhooks.count)
        for webhook in payload.webhooks {
            let token = try verifier.webhook(webhook.authToken.reveal(), for: key, now: Self.now)
            #expect(token.claims.addonID == workspace.addon)
        }
    }

    @Test(arguments: WebhookPathForm.allCases)
    func `a webhook path in any form is the manifest's`(form: WebhookPathForm) throws {
        var calls = calls
        calls.pathForm = form
        let payload = try installed(by: calls)
        let paths = payload.webhooks.map { calls.manifest.webhookPath(matching: $0.path) }
        #expect(paths == calls.manifest.webhooks.map(\.path))
        let first = try #require(payload.webhooks.first?.path)
        switch form {
        case .doubleSlash: #expect(first == "//webhooks/time-entries")
        case .manifest: #expect(first == "/webhooks/time-entries")
        case .url: #expect(first == "https://addon.example.com/webhooks/time-entries")
        }
    }

    @Test func `a webhook carries the very token that INSTALLED gave`() throws {
        let webhook = try #require(calls.manifest.webhooks.first)
        let payload = try installed(by: calls)
        let request = try calls.webhook(webhook.event, on: webhook.path, for: workspace, body: [])
        let signature = try #require(request.headers.first { $0.name == "clockify-signature" })
        #expect(signature.value == payload.webhooks.first?.authToken.reveal())
        let event = try #require(request.headers.first { $0.name == "clockify-webhook-event-type" })
        #expect(event.value == webhook.event.text)
        #expect(request.path == webhook.path.text)
    }

    @Test func `requests go below the manifest's base path`() throws {
        let text = SampleManifest.text.replacing("https://addon.example.com", with: "https://addon.example.com/a/b/")
        let below = StandInCalls(platform: calls.platform, manifest: try Manifest(Array(text.utf8)))
        #expect(try below.deleted(workspace, now: Self.now).path == "/a/b/lifecycle/deleted")
        let webhook = try #require(below.manifest.webhooks.first)
        let request = try below.webhook(webhook.event, on: webhook.path, for: workspace, body: [])
        #expect(request.path == "/a/b/webhooks/time-entries")
    }

    @Test func `a lifecycle call the manifest does not have is not sent`() throws {
        let manifest = try Manifest(Array(#"{"key":"sample","name":"S","baseUrl":"https://example.com"}"#.utf8))
        let calls = StandInCalls(platform: calls.platform, manifest: manifest)
        #expect(throws: SimulateError.noLifecycleRoute("DELETED")) { try calls.deleted(workspace, now: Self.now) }
    }

    private func installed(by calls: StandInCalls) throws -> InstalledPayload {
        let body = try calls.installed(workspace, now: Self.now).body
        return try InstalledPayload(PayloadReader(body))
    }
}
