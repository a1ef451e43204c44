import Installations
import Marketplace
import TestSupport
import Testing

/// The bytes of requests.
enum Requests {
    static func get(_ target: String, _ fields: String...) -> String {
        head("GET \(target) HTTP/1.1", ["Host: addon.example.com"] + fields)
    }

    static func post(_ target: String, _ fields: [String] = [], body: String = "{}") -> String {
        let length = "Content-Length: \(body.utf8.count)"
        return head("POST \(target) HTTP/1.1", ["Host: addon.example.com", length] + fields) + body
    }

    /// A request as it is said, without a body.
    static func head(_ line: String, _ fields: [String]) -> String {
        ([line] + fields).joined(separator: "\r\n") + "\r\n\r\n"
    }

    static func chunk(_ data: String) -> String {
        String(data.utf8.count, radix: 16) + "\r\n" + data + "\r\n"
    }
}

extension TestIngress {
    static let webhookPath = "/webhooks/project"
    static let event = "clockify-webhook-event-type: NEW_PROJECT"

    func signature(_ id: InstallationID) throws -> String {
        "clockify-signature: " + (try platform.webhookToken(id, Self.webhookPath))
    }

    func webhookFields() throws -> [String] {
        [try signature(try platform.id()), Self.event]
    }

    func lifecycleField() throws -> String {
        "X-Addon-Lifecycle-Token: " + (try platform.token(try platform.id()))
    }

    /// A genuine webhook of the installation that `install` makes.
    func webhook(_ body: String = #"{"name":"one"}"#) throws -> String {
        Requests.post(Self.webhookPath, try webhookFields(), body: body)
    }

    /// The genuine INSTALLED.
    func installed() throws -> String {
        let body = String(decoding: try platform.installedBody(try platform.id()), as: UTF8.self)
        return Requests.post("/lifecycle/installed", [try lifecycleField()], body: body)
    }

    /// Installs, so that genuine webhooks are accepted.
    func install() async throws {
        let answer = try await ask(try installed())
        #expect(answer.status == 204)
    }

    /// A genuine call of another kind than INSTALLED.
    func lifecycleCall(_ path: String, more: String = "") throws -> String {
        let id = try platform.id()
        let body = #"{"addonId":"\#(id.addonID.text)","workspaceId":"\#(id.workspaceID.text)"\#(more)}"#
        return Requests.post("/lifecycle/\(path)", [try lifecycleField()], body: body)
    }
}
