import Foundation
import HTTPTypes
import HummingbirdTesting
import Installations
import Marketplace
import SQLiteStore
import Store
import TestSupport
import Testing
import Webhooks

@testable import OperatorAPI

/// An API key that is bound to add-ons, as it sees a deployment with others.
@Suite(.timeLimit(.minutes(1))) struct BoundKeyTests {
    private static let scopes: Set<Scope> = [.read, .tokens, .events]

    /// An installation with an event, and one of another add-on, whose row is a tombstone.
    private func harness() async throws -> Harness {
        let harness = try await Harness()
        let id = try harness.deployment.platform.id()
        _ = try await harness.deployment.install(id)
        let other = InstallationID(
            addonKey: try #require(AddonKey("other-addon")), workspaceID: id.workspaceID, addonID: id.addonID)
        let deployment = harness.deployment
        _ = try await deployment.test.store.perform(
            deployment.platform.call(other, .deleted, at: deployment.clock.now))
        return harness
    }

    private func count(_ client: any TestClientProtocol, _ uri: String, _ bearer: HTTPFields) async throws -> Int {
        let answer = try await client.ask(.get, "/api/v1/" + uri, bearer)
        #expect(answer.status == 200, "\(uri)")
        return answer.body.components(separatedBy: #""addonKey""#).count - 1
    }

    @Test func `lists have its add-ons only, whatever is asked for`() async throws {
        let harness = try await harness()
        let all = try await harness.bearer(.read)
        let own = try await harness.bearer(Self.scopes, for: "test-addon")
        let both = try await harness.bearer(Self.scopes, for: "test-addon", "third addon")
        let other = try await harness.bearer(Self.scopes, for: "another-addon", "third addon")
        try await harness.serving { (client) async throws in
            #expect(try await count(client, "installations?status=all", all) == 2)
            for bearer in [own, both] {
                #expect(try await count(client, "installations?status=all", bearer) == 1)
                #expect(try await count(client, "installations?status=all&addonKey=other-addon", bearer) == 0)
                #expect(try await count(client, "events", bearer) == 1)
                #expect(try await count(client, "events?workspaceId=ws1&addonKey=test-addon", bearer) == 1)
            }
            for uri in ["installations?status=all", "events", "events?workspaceId=ws1", "events?addonKey=test-addon"] {
                #expect(try await count(client, uri, other) == 0, "\(uri)")
            }
            #expect(try await client.ask(.get, "/api/v1/addons", own).body.contains("test-addon"))
            #expect(try await client.ask(.get, "/api/v1/addons", other).body == "[]")
        }
    }

    @Test func `what is another add-on's is not there for it`() async throws {
        let harness = try await harness()
        let event = try #require(
            try await harness.services.events.events(
                matching: EventFilter(addonKey: harness.deployment.platform.manifest.key), page: PageRequest(limit: 1)
            ).items.first)
        let stranger = try await harness.bearer(Self.scopes, for: "another-addon")
        let own = try await harness.bearer(Self.scopes, for: "test-addon")
        let lease = LeaseID.random().text
        try await harness.deployment.running { () async throws in
            try await harness.serving { (client) async throws in
                for (method, uri, body, status) in [
                    (HTTPRequest.Method.get, "installations/test-addon/ws1/inst1", nil, 200),
                    (.post, "installations/test-addon/ws1/inst1/token", "{}", 200),
                    (.get, "events/\(event.id.text)", nil, 200),
                    (.post, "events/lease", #"{"addonKey":"test-addon"}"#, 200),
                    (.post, "events/\(event.id.text)/ack", #"{"leaseId":"\#(lease)"}"#, 409),
                    (.post, "events/\(event.id.text)/nack", #"{"leaseId":"\#(lease)"}"#, 409),
                ] as [(HTTPRequest.Method, String, String?, Int)] {
                    #expect(try await client.ask(method, "/api/v1/" + uri, own, body: body).status == status, "\(uri)")
                    #expect(
                        try await client.ask(method, "/api/v1/" + uri, stranger, body: body).status == 404, "\(uri)")
                }
            }
        }
    }

    @Test func `a webhook of another add-on is not genuine for it`() async throws {
        let harness = try await harness()
        let token = try harness.deployment.platform.webhookToken(try harness.deployment.platform.id(), "/webhooks/time")
        let asked = #"{"signature":"\#(token)","event":"NEW_TIME_ENTRY","path":"/webhooks/time","body":"{}"}"#
        let own = try await harness.bearer(Self.scopes, for: "test-addon")
        let stranger = try await harness.bearer(Self.scopes, for: "another-addon")
        try await harness.serving { (client) async throws in
            for (bearer, isGenuine) in [(own, true), (stranger, false)] {
                let answer = try await client.ask(.post, "/api/v1/webhooks/authenticate", bearer, body: asked)
                #expect(answer.body.contains(#""genuine":\#(isGenuine)"#))
            }
        }
    }

    @Test func `what is about the whole deployment is 403`() async throws {
        let harness = try await harness()
        let bearer = try await harness.bearer([.read, .tokens, .events, .admin], for: "test-addon")
        try await harness.serving { (client) async throws in
            for uri in ["keys", "api-keys", "audit", "audit/verify", "doctor"] {
                #expect(try await client.ask(.get, "/api/v1/" + uri, bearer).status == 403, "\(uri)")
            }
            for uri in ["keys", "keys/rotate", "keys/0123456789abcdef/retire", "api-keys", "backup", "events/replay"] {
                #expect(try await client.ask(.post, "/api/v1/" + uri, bearer).status == 403, "\(uri)")
            }
        }
    }

    @Test func `a key is made for add-ons and with an end, and never an administrator's`() async throws {
        let harness = try await Harness()
        let bearer = try await harness.bearer(.admin)
        try await harness.serving { (client) async throws in
            let made = try await client.ask(
                .post, "/api/v1/api-keys", bearer,
                body:
                    #"{"name":"b","scopes":["read"],"addons":["b-addon","a-addon"],"expiresAt":"2999-01-01T00:00:00Z"}"#
            )
            let key = try JSONDecoder().decode(CreatedAPIKeyJSON.self, from: Data(made.body.utf8))
            #expect(made.status == 201 && key.addons == ["a-addon", "b-addon"])
            #expect(key.expiresAt == "2999-01-01T00:00:00.000Z")
            let list = try await client.ask(.get, "/api/v1/api-keys", bearer)
            let keys = try JSONDecoder().decode([APIKeyJSON].self, from: Data(list.body.utf8))
            #expect(keys.map(\.addons).contains(["a-addon", "b-addon"]))
            #expect(keys.compactMap(\.lastUsedFrom) == ["127.0.0.1"])
            for (more, problem) in [
                (#""scopes":["admin"],"addons":["a-addon"]"#, "admin"), (#""scopes":["read"],"addons":[]"#, "addons"),
                (#""scopes":["read"],"addons":["a"]"#, "addons"), (#""scopes":["read"],"addon":["a-addon"]"#, "addons"),
                (#""scopes":["read"],"expiresAt":"2001-01-01T00:00:00Z""#, "expiresAt"),
                (#""scopes":["read"],"expiresAt":"90d""#, "expiresAt"),
            ] {
                let answer = try await client.ask(.post, "/api/v1/api-keys", bearer, body: "{\"name\":\"b\",\(more)}")
                #expect(answer.status == 400 && answer.body.contains(problem), "\(more)")
            }
        }
    }
}
