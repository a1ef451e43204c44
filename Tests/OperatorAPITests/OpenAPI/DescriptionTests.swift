import Foundation
import HTTPTypes
import HummingbirdTesting
import Installations
import SQLiteStore
import Synchronization
import TestSupport
import Testing
import Webhooks

@testable import OperatorAPI

/// The API's description of itself is complete and true.
@Suite struct DescriptionTests {
    @Test func `it has every route and no other`() async throws {
        let description = try Description()
        let routes = OperatorServer(services: try await Harness().services).knownRoutes.all
        let served = Set(routes.map { Description.Operation(method: $0.method, path: $0.path) })
        #expect(Set(description.operations.keys) == served)
        #expect(served.isDisjoint(with: description.coming), "what is there is not coming any more: drop its x-coming")
    }

    @Test func `every example is what its schema says`() throws {
        let description = try Description()
        let check = SchemaCheck(description: description)
        var examples = 0
        for (operation, content) in description.operations {
            let responses = (content["responses"] as? [String: Any] ?? [:]).values
            for part in Array(responses) + [content["requestBody"]].compactMap({ $0 }) {
                guard let media = Description.media(description.resolve(part) as? [String: Any] ?? [:]),
                    let example = media["example"], let schema = media["schema"]
                else { continue }
                examples += 1
                #expect(check.problems(example, schema) == [], "\(operation)")
            }
        }
        #expect(examples > 100)
    }

    @Test func `every route answers as it says`() async throws {
        let harness = try await Harness()
        let deployment = harness.deployment
        let id = try deployment.platform.id()
        _ = try await deployment.install(id)
        _ = try await deployment.install(try deployment.platform.id("ws2", "inst2"))
        let token = try deployment.platform.webhookToken(id, "/webhooks/time")
        try await deployment.running { () async throws in _ = try await deployment.webhook(token, body: "{}") }
        let event = try #require(
            try await deployment.test.store.events(matching: EventFilter(), page: PageRequest(limit: 1)).items.first)
        let (made, _) = try await deployment.test.store.createAPIKey(
            name: "x", scopes: [.read], actor: .system, at: deployment.clock.now)
        let bearer = try await harness.bearer(.admin)
        try await harness.serving { (client) async throws in
            let reader = Reader(client: client, bearer: bearer, check: SchemaCheck(description: try Description()))
            try await reader.readAll(event.id.text)
            try await reader.checkWebhooks(token)
            try await reader.endInstallation()
            try await reader.changeKeys(made.id)
            try await reader.askWithoutKey()
            reader.expectEverySuccess()
        }
    }

    /// Asks, and compares each answer with what the description says of it.
    private struct Reader {
        private final class Seen: Sendable {
            let answers = Mutex<Set<String>>([])
        }

        let client: any TestClientProtocol
        let bearer: HTTPFields
        let check: SchemaCheck
        private let seen = Seen()
        private let api = "/api/v1/"
        private let names = ["{addonKey}": "test-addon", "{workspaceId}": "ws1", "{addonId}": "inst1"]

        init(client: any TestClientProtocol, bearer: HTTPFields, check: SchemaCheck) {
            self.client = client
            self.bearer = bearer
            self.check = check
        }

        private var one: String { api + "installations/{addonKey}/{workspaceId}/{addonId}" }

        func readAll(_ event: String) async throws {
            for path in ["/healthz", "/readyz", "/metrics", "/api/openapi.json"] { _ = try await ask("GET", path) }
            for path in ["installations", "events", "keys", "api-keys", "audit", "audit/verify", "addons", "doctor"] {
                _ = try await ask("GET", api + path)
            }
            _ = try await ask("GET", one, names)
            _ = try await ask("POST", one + "/token", names, body: #"{"reason":"test"}"#)
            _ = try await ask("GET", api + "events/{id}", ["{id}": event])
            _ = try await ask("GET", api + "events/{id}/body", ["{id}": event])
        }

        func checkWebhooks(_ token: String) async throws {
            let path = api + "webhooks/authenticate"
            let genuine = WebhookCheckJSON(
                signature: token, event: "NEW_TIME_ENTRY", path: "/webhooks/time", body: "{}")
            _ = try await ask("POST", path, body: String(decoding: try JSONEncoder().encode(genuine), as: UTF8.self))
            _ = try await ask("POST", path, body: #"{"signature":"","event":"","path":"","body":""}"#)
            let signed = [
                "clockify-signature": token, "clockify-webhook-event-type": "NEW_TIME_ENTRY",
                "x-original-uri": "/webhooks/time",
            ]
            for method in ["GET", "POST"] { _ = try await ask(method, path, fields: signed) }
            _ = try await ask("GET", path)
        }

        func endInstallation() async throws {
            _ = try await ask("POST", one + "/forget", names)
            _ = try await ask("POST", one + "/token", names)
        }

        func changeKeys(_ apiKey: String) async throws {
            let keys = try await ask("GET", api + "keys")
            let old = try JSONDecoder().decode([StorageKeyJSON].self, from: Data(keys.utf8)).first?.id ?? ""
            let added = try await ask("POST", api + "keys")
            let fresh = try JSONDecoder().decode(StorageKeyJSON.self, from: Data(added.utf8)).id
            let step = api + "keys/{id}/{step}"
            _ = try await ask("POST", step, ["{id}": fresh, "{step}": "promote"])
            _ = try await ask("POST", step, ["{id}": old, "{step}": "retire"])
            _ = try await ask("POST", step, ["{id}": "0000000000000000", "{step}": "retire"])
            _ = try await ask("POST", api + "keys/rewrap", body: #"{"from":"\#(old)"}"#)
            _ = try await ask("POST", api + "keys/verify")
            _ = try await ask("POST", api + "api-keys", body: #"{"name":"b","scopes":["read"]}"#)
            _ = try await ask("POST", api + "api-keys", body: "{}")
            for _ in 1...2 { _ = try await ask("DELETE", api + "api-keys/{id}", ["{id}": apiKey]) }
        }

        /// Everything that needs a key.
        func askWithoutKey() async throws {
            for (operation, content) in check.description.operations where content["security"] == nil {
                _ = try await send(operation, [:], [:], nil)
            }
        }

        /// Every success that is documented was seen.
        func expectEverySuccess() {
            for operation in check.description.operations.keys {
                for status in check.description.successes(operation) {
                    #expect(seen.answers.withLock { $0.contains("\(operation) \(status)") }, "\(operation) \(status)")
                }
            }
        }

        private func ask(
            _ method: String, _ path: String, _ names: [String: String] = [:], fields: [String: String] = [:],
            body: String? = nil
        ) async throws -> String {
            var headers = bearer
            for (name, value) in fields { headers[try #require(HTTPField.Name(name))] = value }
            return try await send(Description.Operation(method: method, path: path), names, headers, body)
        }

        private func send(
            _ operation: Description.Operation, _ names: [String: String], _ headers: HTTPFields, _ body: String?
        ) async throws -> String {
            let target = names.reduce(operation.path) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
                .filter { !"{}".contains($0) }
            let method = try #require(HTTPRequest.Method(operation.method))
            let answer = try await client.ask(method, target, headers, body: body)
            seen.answers.withLock { _ = $0.insert("\(operation) \(answer.status)") }
            let response = try #require(
                check.description.response(operation, answer.status), "\(operation) \(answer.status) is not documented")
            for name in (response["headers"] as? [String: Any] ?? [:]).keys where name != "retry-after" {
                #expect(answer.headers[try #require(HTTPField.Name(name))] != nil, "\(operation): \(name)")
            }
            let kinds = (response["content"] as? [String: Any] ?? [:]).keys
            let kind = answer.headers[.contentType].map { String($0.prefix { $0 != ";" }) }
            #expect(kinds.isEmpty ? answer.body.isEmpty : kinds.contains(kind ?? ""), "\(operation)")
            if let schema = Description.media(response)?["schema"] {
                let json = try JSONSerialization.jsonObject(with: Data(answer.body.utf8))
                #expect(check.problems(json, schema) == [], "\(operation) \(answer.status)")
            }
            return answer.body
        }
    }
}
