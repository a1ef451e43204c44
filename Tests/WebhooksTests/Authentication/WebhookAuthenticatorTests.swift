import Installations
import Marketplace
import SQLiteStore
import Store
import TestSupport
import Testing

@testable import Webhooks

extension WebhookAnswer {
    /// The answer as a test likes to compare it.
    var word: String {
        switch self {
        case .accepted: return "accepted"
        case .notJSON: return "not JSON"
        case .refused(let refusal): return refusal.label
        case .full: return "full"
        case .unavailable: return "unavailable"
        }
    }
}

@Suite struct WebhookAuthenticatorTests {
    @Test func `a genuine webhook is accepted, first from the store and then from memory`() async throws {
        let deployment = try await TestDeployment()
        let id = try deployment.platform.id()
        _ = try await deployment.install(id)
        let token = try deployment.platform.webhookToken(id, "/webhooks/time")
        guard
            case .signed = deployment.receiver.admit(try deployment.route(), signature: token, event: "NEW_TIME_ENTRY")
        else {
            Issue.record("an installation that was never loaded is looked up in the store")
            return
        }
        try await deployment.running { () async throws in
            #expect(try await deployment.webhook(token).word == "accepted")
            #expect(try await deployment.webhook(token, event: "TIME_ENTRY_UPDATED").word == "accepted")
        }
        guard
            case .authenticated = deployment.receiver.admit(
                try deployment.route(), signature: token, event: "NEW_TIME_ENTRY")
        else {
            Issue.record("a loaded installation is accepted from memory")
            return
        }
    }

    @Test func `each token is confirmed by its own first webhook, without asking the store again`() async throws {
        let deployment = try await TestDeployment()
        let id = try deployment.platform.id()
        _ = try await deployment.install(id)
        let time = try deployment.platform.webhookToken(id, "/webhooks/time")
        let project = try deployment.platform.webhookToken(id, "/webhooks/project")
        func confirmed() throws -> [Bool] {
            [
                try deployment.isConfirmed(time, of: id),
                try deployment.isConfirmed(project, "/webhooks/project", of: id),
            ]
        }
        _ = try await deployment.loader.load(id)
        #expect(try confirmed() == [false, false])

        // From here on, whoever asks the store is told "unavailable".
        try deployment.test.store.close()
        #expect(try deployment.isAdmitted(time, event: "NEW_TIME_ENTRY"))
        #expect(try confirmed() == [true, false])
        #expect(try deployment.isAdmitted(project, "/webhooks/project", event: "NEW_PROJECT"))
        #expect(try confirmed() == [true, true])
    }

    @Test func `the webhook that brings an installation into memory confirms its token`() async throws {
        let deployment = try await TestDeployment()
        let id = try deployment.platform.id()
        _ = try await deployment.install(id)
        let token = try deployment.platform.webhookToken(id, "/webhooks/time")
        try await deployment.running { () async throws in
            #expect(try await deployment.webhook(token).word == "accepted")
            #expect(try deployment.isConfirmed(token, of: id))
        }
    }

    @Test func `everything else is refused, each for its own reason`() async throws {
        let deployment = try await TestDeployment()
        let platform = deployment.platform
        let (id, other) = (try platform.id("ws1", "i1"), try platform.id("ws2", "i2"))
        _ = try await deployment.install(id)
        _ = try await deployment.install(other)
        let token = try platform.webhookToken(id, "/webhooks/time")
        let stranger = try platform.token(id, salt: "first/webhooks/time", by: TestPlatform.stranger())
        try await deployment.running { () async throws in
            #expect(try await deployment.webhook(stranger).word == "signature")
            #expect(
                try await deployment.webhook(token, path: "/webhooks/project", event: "NEW_PROJECT").word
                    == "token_not_on_route")
            #expect(try await deployment.webhook(token, event: "NEW_PROJECT").word == "event_not_on_route")
            #expect(try await deployment.webhook(token, event: "new_time_entry").word == "event_not_on_route")
            #expect(try await deployment.webhook(try platform.token(id)).word == "token_not_on_route")
            let unknown = try platform.token(try platform.id("ws1", "i2"))
            #expect(try await deployment.webhook(unknown).word == "unknown_installation")
            #expect(try await deployment.webhook(token, body: #"{"workspaceId":"ws2"}"#).word == "workspace_differs")
            #expect(
                try await deployment.webhook(token, body: #"{"workspaceId":"ws1","workspaceId":"ws2"}"#).word
                    != "accepted")
            #expect(try await deployment.webhook(token, body: "{").word == "not JSON")
            #expect(
                try await deployment.webhook(token, body: #"{"workspaceId":"ws1","task":{"workspaceId":"x"}}"#).word
                    == "accepted")
            #expect(try await deployment.webhook(token, body: #"{"workspaceId":5}"#).word == "accepted")
        }
        #expect(deployment.test.store.waitingEvents == 4)
    }

    @Test func `a forged token never reaches the store`() async throws {
        let deployment = try await TestDeployment()
        let id = try deployment.platform.id()
        _ = try await deployment.install(id)
        try deployment.test.store.close()
        let forged = try deployment.platform.token(id, salt: "first/webhooks/time", by: TestPlatform.stranger())
        // With the store closed, whoever asks it answers "unavailable".
        #expect(try await deployment.webhook(forged).word == "signature")
        let genuine = try deployment.platform.webhookToken(id, "/webhooks/time")
        #expect(try await deployment.webhook(genuine).word == "unavailable")
    }

    @Test func `an inactive installation's webhooks count, an ended one's do not`() async throws {
        let deployment = try await TestDeployment()
        let id = try deployment.platform.id()
        _ = try await deployment.install(id)
        let token = try deployment.platform.webhookToken(id, "/webhooks/time")
        let ids = #""addonId":"inst1","workspaceId":"ws1""#
        try await deployment.running { () async throws in
            _ = await deployment.lifecycle(
                .statusChanged, try deployment.lifecycleToken(id), Array("{\(ids),\"status\":\"INACTIVE\"}".utf8))
            #expect(try await deployment.webhook(token).word == "accepted")
            _ = await deployment.lifecycle(.deleted, try deployment.lifecycleToken(id), Array("{\(ids)}".utf8))
            #expect(try await deployment.webhook(token).word == "unknown_installation")
        }
    }

    @Test func `a token of the set before a reinstall is refused, one of the new set accepted`() async throws {
        let deployment = try await TestDeployment()
        let id = try deployment.platform.id()
        let old = try deployment.platform.webhookToken(id, "/webhooks/time", tokens: "first")
        let new = try deployment.platform.webhookToken(id, "/webhooks/time", tokens: "second")
        try await deployment.running { () async throws in
            _ = try await deployment.install(id, tokens: "first")
            #expect(try await deployment.webhook(old).word == "accepted")
            _ = try await deployment.install(id, tokens: "second")
            #expect(try await deployment.webhook(old).word == "token_not_on_route")
            #expect(try await deployment.webhook(new).word == "accepted")
        }
    }

    @Test func `a token set changed behind the directory's back is noticed in the inbox's transaction`() async throws {
        let deployment = try await TestDeployment()
        let id = try deployment.platform.id()
        let old = try deployment.platform.webhookToken(id, "/webhooks/time", tokens: "first")
        try await deployment.running { () async throws in
            _ = try await deployment.install(id, tokens: "first")
            #expect(try await deployment.webhook(old).word == "accepted")
            // Straight into the store, as another process over a shared store would.
            let platform = deployment.platform
            _ = try await deployment.test.store.perform(
                platform.call(id, try platform.install(id, tokens: "second"), at: deployment.clock.now))
            #expect(try await deployment.webhook(old).word == "token_not_on_route")
            let new = try platform.webhookToken(id, "/webhooks/time", tokens: "second")
            #expect(try await deployment.webhook(new).word == "accepted")
        }
    }

    @Test func `a stored token counts no more when its platform key is not trusted any more`() async throws {
        let first = try await TestDeployment()
        let id = try first.platform.id()
        _ = try await first.install(id)
        let others = try TrustedKeys(pem: try TestPlatform.stranger().publicPEM())
        let second = try await TestDeployment(trusting: others, over: first.test)
        let token = try first.platform.webhookToken(id, "/webhooks/time")
        try await second.running { () async throws in
            // Once it is not in memory and once it is.
            for _ in 0..<2 {
                #expect(try await second.webhook(token).word == "signature")
                _ = try await second.loader.load(id)
                #expect(try !second.isConfirmed(token, of: id))
            }
        }
    }
}

extension TestDeployment {
    /// Whether a token is accepted from memory without any RSA operation.
    fileprivate func isConfirmed(
        _ token: String, _ path: String = "/webhooks/time", of id: InstallationID
    ) throws -> Bool {
        try directory.find(id)?.accepts(directory.digest(of: token), on: route(path).path) == true
    }

    /// Whether a webhook is accepted without asking the store.
    fileprivate func isAdmitted(_ token: String, _ path: String = "/webhooks/time", event: String) throws -> Bool {
        if case .authenticated = receiver.admit(try route(path), signature: token, event: event) { return true }
        return false
    }
}
