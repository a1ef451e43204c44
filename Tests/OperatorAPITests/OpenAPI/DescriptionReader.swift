import Foundation
import HTTPTypes
import HummingbirdTesting
import Synchronization
import Testing

@testable import OperatorAPI

/// What was answered, over all listeners that were asked.
final class SeenAnswers: Sendable {
    let answers = Mutex<Set<String>>([])
}

/// Asks, and compares each answer with what the description says of it.
struct DescriptionReader {
    private let client: any TestClientProtocol
    private let bearer: HTTPFields
    private let seen: SeenAnswers
    private let check: SchemaCheck
    private let api = "/api/v1/"
    private let names = ["{addonKey}": "test-addon", "{workspaceId}": "ws1", "{addonId}": "inst1"]

    init(client: any TestClientProtocol, bearer: HTTPFields, seen: SeenAnswers) throws {
        self.client = client
        self.bearer = bearer
        self.seen = seen
        check = SchemaCheck(description: try Description())
    }

    private var one: String { api + "installations/{addonKey}/{workspaceId}/{addonId}" }

    func readAll(_ event: String) async throws {
        for path in ["/healthz", "/readyz", "/metrics", "/api/openapi.json"] { _ = try await ask("GET", path) }
        for path in [
            "installations", "events", "keys", "api-keys", "audit", "audit/verify", "addons", "doctor", "targets",
            "stats",
            "sessions",
        ] {
            _ = try await ask("GET", api + path)
        }
        _ = try await ask("GET", one, names)
        _ = try await ask("POST", one + "/token", names, body: #"{"reason":"test"}"#)
        _ = try await ask("GET", api + "events/{id}", ["{id}": event])
        _ = try await ask("GET", api + "events/{id}/body", ["{id}": event])
        _ = try await ask("GET", api + "events/{id}/attempts", ["{id}": event])
    }

    /// An operator at the console: the targets, and the end of a session.
    func operate(_ session: String) async throws {
        let target = ["{addonKey}": "test-addon", "{name}": "default"]
        for (step, state) in [("pause", "paused"), ("resume", "delivering")] {
            _ = try await ask("POST", api + "targets/{addonKey}/{name}/\(step)", target)
            #expect(try await ask("GET", api + "targets").contains(state))
        }
        _ = try await ask("POST", api + "targets/{addonKey}/{name}/pause", target.merging(["{name}": "other"]) { $1 })
        #expect(try await ask("GET", api + "sessions").contains(session))
        for _ in 1...2 { _ = try await ask("DELETE", api + "sessions/{id}", ["{id}": session]) }
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

    /// A worker's day: an event settled, one given back and replayed; and what is refused.
    func deliver() async throws {
        let settled = try await lease()
        let ack = api + "events/{id}/ack"
        for _ in 1...2 { _ = try await ask("POST", ack, ["{id}": settled.event], body: settled.name) }
        _ = try await ask("POST", ack, ["{id}": "evt_0000000000001"], body: settled.name)
        _ = try await ask("POST", ack, ["{id}": settled.event], body: "{}")
        let returned = try await lease()
        for _ in 1...2 {
            _ = try await ask("POST", api + "events/{id}/nack", ["{id}": returned.event], body: returned.name)
        }
        for event in [settled.event, returned.event, "evt_0000000000001"] {
            _ = try await ask("GET", api + "events/{id}", ["{id}": event])
            _ = try await ask("POST", api + "events/{id}/replay", ["{id}": event])
        }
        _ = try await ask("GET", api + "events/{id}", ["{id}": returned.event])
        for body in [#"{"addonKey":"other-addon"}"#, #"{"addonKey":"test-addon","max":101}"#] {
            _ = try await ask("POST", api + "events/lease", body: body)
        }
        for body in [#"{"all":true}"#, #"{"addonKey":"test-addon","since":null}"#, #"{"after":"x"}"#] {
            _ = try await ask("POST", api + "events/replay", body: body)
        }
    }

    /// Leases one event: its id, and the body that names the lease.
    private func lease() async throws -> (event: String, name: String) {
        let answer = try await ask(
            "POST", api + "events/lease", body: #"{"addonKey":"test-addon","max":1,"waitSeconds":30}"#)
        let lease = try JSONDecoder().decode(LeaseJSON.self, from: Data(answer.utf8))
        return (try #require(lease.events.first).id, #"{"leaseId":"\#(lease.leaseId)"}"#)
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
        let done = try await ask("POST", api + "keys/rewrap")
        #expect(done.contains("progress") && done.contains("report"))
        _ = try await ask("POST", api + "keys/verify", body: #"{"sample":1,"processId":1}"#)
        _ = try await ask("POST", api + "keys/verify", body: #"{"rate":-1}"#)
        _ = try await ask("POST", step, ["{id}": old, "{step}": "retire"])
        let destroyed = try await ask(
            "POST", step, ["{id}": old, "{step}": "destroy"], body: #"{"confirm":"\#(old)","now":true}"#)
        #expect(destroyed.contains("a.backup"))
        _ = try await ask(
            "POST", api + "api-keys",
            body: #"{"name":"b","scopes":["read"],"addons":["test-addon"],"expiresAt":"2999-01-01T00:00:00Z"}"#)
        _ = try await ask("POST", api + "api-keys", body: "{}")
        for _ in 1...2 { _ = try await ask("DELETE", api + "api-keys/{id}", ["{id}": apiKey]) }
    }

    func backUp(to path: String) async throws {
        let (operation, headers) = (Description.Operation(method: "POST", path: api + "backup"), bearer)
        let sent = try await answer(operation, [:], headers, #"{"name":"\#(path)"}"#)
        let id = sent.headers[try #require(HTTPField.Name("innkeeper-backup-id"))] ?? "0"
        for _ in 1...2 { _ = try await ask("POST", api + "backup/{id}/keep", ["{id}": id]) }
        _ = try await ask("POST", api + "backup", body: #"{"name":"monday"}"#)
    }

    func rotate() async throws {
        for body in [#"{"dryRun":true,"reencrypt":true}"#, #"{"rate":1000000}"#, "{}"] {
            let answer = try await ask("POST", api + "keys/rotate", body: body)
            #expect(answer.contains("report"))
        }
    }

    func failToRotate() async throws {
        let answer = try await ask("POST", api + "keys/rotate", body: #"{"reencrypt":true}"#)
        #expect(answer.contains("error"))
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
        try await answer(operation, names, headers, body).body
    }

    private func answer(
        _ operation: Description.Operation, _ names: [String: String], _ headers: HTTPFields, _ body: String?
    ) async throws -> (status: Int, body: String, headers: HTTPFields) {
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
        if let form = kind.flatMap(Description.Form.init), let media = Description.media(response, form) {
            let values = form == .json ? [answer.body] : try lines(answer.body)
            let schema = try #require(media["schema"])
            for value in values {
                let json = try JSONSerialization.jsonObject(with: Data(value.utf8))
                #expect(check.problems(json, schema) == [], "\(operation) \(answer.status)")
            }
        }
        return answer
    }

    /// The lines of an answer to long work: each ends, and the last one and no other ends the work.
    private func lines(_ body: String) throws -> [String] {
        let lines = body.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines.last == "", "the last line does not end")
        let isProgress = try lines.dropLast().map { line in
            let json = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return json?["progress"] != nil
        }
        #expect(isProgress.last == false && isProgress.dropLast().allSatisfy { $0 })
        return lines.dropLast()
    }
}
