import Installations
import Marketplace
import SQLiteStore
import Store
import TestSupport
import Testing

@testable import Webhooks

@Suite struct WebhookCheckTests {
    private let deployment: TestDeployment
    private let id: InstallationID

    init() async throws {
        deployment = try await TestDeployment()
        id = try deployment.platform.id()
        _ = try await deployment.install(id)
    }

    private func check(_ body: String? = nil) async throws -> WebhookVerdict {
        try await deployment.authenticator.check(
            try deployment.route(), signature: try deployment.platform.webhookToken(id, "/webhooks/time"),
            event: "NEW_TIME_ENTRY", body: body.map { Array($0.utf8) }, in: deployment.test.store)
    }

    @Test func `a genuine webhook is told with its installation as it stands`() async throws {
        _ = try await deployment.test.store.perform(
            deployment.platform.call(id, .statusChanged("INACTIVE"), at: deployment.clock.now))
        guard case .genuine(let installation) = try await check(#"{"workspaceId":"ws1"}"#) else {
            Issue.record("it is genuine")
            return
        }
        #expect(installation.id == id && installation.status == .inactive)
    }

    @Test func `what a body says that is there is judged, and no more than that`() async throws {
        #expect(try await check(nil).label == "genuine")
        #expect(try await check("{").label == "body_not_json")
        #expect(try await check(#"{"workspaceId":"ws2"}"#).label == "workspace_differs")
    }

    @Test func `an installation that ended has no genuine webhooks, whatever token set is still in memory`()
        async throws
    {
        #expect(try await check().label == "genuine")
        // Past the manager, which would have the token set go.
        _ = try await deployment.test.store.perform(
            deployment.platform.call(id, .deleted, at: deployment.clock.now))
        #expect(deployment.directory.find(id) != nil)
        #expect(try await check().label == "unknown_installation")
    }
}
