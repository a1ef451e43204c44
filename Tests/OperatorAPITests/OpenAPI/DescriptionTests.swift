import Foundation
import HTTPTypes
import Installations
import SQLiteStore
import Store
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
    }

    @Test func `every example is what its schema says`() throws {
        let description = try Description()
        let check = SchemaCheck(description: description)
        var examples = 0
        for (operation, content) in description.operations {
            let responses = (content["responses"] as? [String: Any] ?? [:]).values
            for part in Array(responses) + [content["requestBody"]].compactMap({ $0 }) {
                let part = description.resolve(part) as? [String: Any] ?? [:]
                for media in Description.Form.allCases.compactMap({ Description.media(part, $0) }) {
                    guard let schema = media["schema"] else { continue }
                    for example in Description.examples(media) {
                        examples += 1
                        #expect(check.problems(example, schema) == [], "\(operation)")
                    }
                }
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
        try await deployment.running { () async throws in
            _ = try await deployment.webhook(token, body: "{}")
            try await read(harness, token)
        }
    }

    /// Asks for everything while the events are under way.
    private func read(_ harness: Harness, _ token: String) async throws {
        let deployment = harness.deployment
        let event = try #require(
            try await deployment.test.store.events(matching: EventFilter(), page: PageRequest(limit: 1)).items.first)
        let (made, _) = try await deployment.test.store.createAPIKey(
            name: "x", scopes: [.read], actor: .system, at: deployment.clock.now)
        let (session, _) = try await deployment.test.store.beginSession(of: made, from: "::1", at: deployment.clock.now)
        let bearer = try await harness.bearer(.admin)
        let directory = deployment.test.directory.path
        let seen = SeenAnswers()
        try await harness.serving(.local(userID: 7)) { (client) async throws in
            try await DescriptionReader(client: client, bearer: [:], seen: seen).backUp(to: directory + "/a.backup")
        }
        try await harness.serving { (client) async throws in
            let reader = try DescriptionReader(client: client, bearer: bearer, seen: seen)
            try await reader.readAll(event.id.text)
            try await reader.operate(session.id)
            try await reader.checkWebhooks(token)
            try await reader.deliver()
            try await reader.endInstallation()
            try await reader.backUp(to: directory + "/b.backup")
        }
        try await harness.serving(.local(userID: 7)) { (client) async throws in
            try await DescriptionReader(client: client, bearer: [:], seen: seen).changeKeys(made.id)
        }
        try await harness.serving { (client) async throws in
            let reader = try DescriptionReader(client: client, bearer: bearer, seen: seen)
            try await reader.rotate()
            // Without the directory of keys there is no new key, which shows only after the answer began.
            try FileManager.default.removeItem(atPath: directory + "/keys")
            try await reader.failToRotate()
            try await reader.askWithoutKey()
            reader.expectEverySuccess()
        }
    }
}
