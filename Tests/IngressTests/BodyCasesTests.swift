import Foundation
import Installations
import Marketplace
import TestSupport
import Testing

@testable import Ingress

/// What a body is judged by: strictly where something depends on a field, by JSON's grammar alone elsewhere.
@Suite(.timeLimit(.minutes(1))) struct BodyCasesTests {
    /// The value that a case adds, as JSON: it says in words what JSON could not hold in its place.
    private func json(_ value: JSONValue) throws -> String {
        guard let text = value.string else { return String(decoding: value.utf8, as: UTF8.self) }
        let words = text.split(separator: " ")
        if words.count == 3, words[1] == "x", let count = Int(words[2]) {
            return "\"" + String(repeating: String(words[0]), count: count) + "\""
        }
        if text.hasSuffix(" (as an object)") { return String(text.dropLast(" (as an object)".count)) }
        if text.hasSuffix(" (as this escape)") { return "\"\(text.dropLast(" (as this escape)".count))\"" }
        return "\"\(text)\""
    }

    /// INSTALLED with a member of its own, or with one of its members replaced.
    private func installed(_ ingress: TestIngress, _ name: String, _ value: String) throws -> String {
        let body = String(decoding: try ingress.platform.installedBody(try ingress.platform.id()), as: UTF8.self)
        let old =
            switch name {
            case "asUser": #""asUser":"user1""#
            case "webhooks[0].webhookType": #""webhookType":"ADDON""#
            default: "{"
            }
        let member = #""\#(name == "webhooks[0].webhookType" ? "webhookType" : name)":\#(value)"#
        let range = try #require(body.firstRange(of: old))
        let changed = body.replacingCharacters(in: range, with: old == "{" ? "{\(member)," : member)
        return Requests.post("/lifecycle/installed", [try ingress.lifecycleField()], body: changed)
    }

    private func request(_ each: JSONObject, _ ingress: TestIngress) throws -> String {
        let id = try ingress.platform.id()
        if let text = each["body"]?.string {
            let body = String(decoding: try #require(Data(base64Encoded: text)), as: UTF8.self)
            return try ingress.webhook(body.replacing(#""WS""#, with: "\"\(id.workspaceID.text)\""))
        }
        let added = try #require(each["add"]?.object?.members.first)
        let value = try json(added.value)
        if each["route"]?.string == "status" {
            return try ingress.lifecycleCall("status", more: #","\#(added.name)":\#(value)"#)
        }
        return try installed(ingress, added.name, value)
    }

    @Test(.enabled(if: Cases.areAvailable, Cases.absent))
    func `the cases found from outside are answered as they say`() async throws {
        let cases = try Cases.list("bodies")
        #expect(cases.count == 10)
        try await TestIngress.serve { ingress in
            try await ingress.install()
            for each in cases {
                guard case .number(let status) = each["status"] else { throw Unknown() }
                let answer = try await ingress.ask(try request(each, ingress))
                #expect(answer.status == Int(status), "\(each["name"]?.string ?? "")")
            }
        }
    }

    private struct Unknown: Error {}

    @Test func `a call is not lost over what nobody reads, and is refused over what decides`() async throws {
        let deep = String(repeating: "[", count: 900) + String(repeating: "]", count: 900)
        let path = "/" + String(repeating: "p", count: 4095)
        try await TestIngress.serve { ingress in
            for (name, value) in [("more", deep), ("addonUserId", "[1]"), ("apiUrl", #""\ud800""#), ("asUser", "null")]
            {
                #expect(try await ingress.ask(try installed(ingress, name, value)).status == 204, "\(name)")
            }
            let long = try installed(ingress, "x", "1").replacing(
                "\"path\":\"//webhooks/time\"", with: "\"path\":\"\(path)\"")
            #expect(try await ingress.ask(Self.measured(long)).status == 204)
            for more in [#","status":"ACTIVE","status":"INACTIVE""#, #","status":7"#, ""] {
                #expect(try await ingress.ask(try ingress.lifecycleCall("status", more: more)).status == 400, "\(more)")
            }
            #expect(try await ingress.ask(try installed(ingress, "addonId", #""other""#)).status == 400, "given twice")
            #expect(try await ingress.ask(try ingress.webhook("{\"x\":\(deep)}")).status == 204)
            #expect(try await ingress.ask(try ingress.webhook(String(repeating: "[", count: 100_000))).status == 400)
        }
    }

    /// The request with the length that its body has.
    private static func measured(_ request: String) throws -> String {
        let end = try #require(request.firstRange(of: "\r\n\r\n"))
        let lines = request[..<end.lowerBound].split(separator: "\r\n").map { line in
            line.hasPrefix("Content-Length:")
                ? "Content-Length: \(request[end.upperBound...].utf8.count)" : String(line)
        }
        return lines.joined(separator: "\r\n") + request[end.lowerBound...]
    }
}
