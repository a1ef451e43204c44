import Foundation
import OperatorAPI
import Testing

@testable import Innkeeper

@Suite struct OperatorClientTests {
    private static func http(_ status: String, _ body: String, headers: String = "") -> String {
        "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
    }

    private static func ask<Result>(
        _ answer: String, holds: Bool = false, patience: Duration = OperatorClient.patience,
        _ body: (OperatorClient) async throws -> Result
    ) async throws -> Result {
        let bed = try SettingsBed()
        // A space and a percent sign: the path is part of a URL.
        let path = bed.path + "/a %41.sock"
        let server = try #require(CannedServer(path: path, answer: answer, holds: holds))
        defer { server.stop() }
        return try await OperatorClient.with(socket: path, patience: patience, body)
    }

    @Test func `an answer is read`() async throws {
        let keys = try await Self.ask(
            Self.http("200 OK", #"[{"id":"k","state":"primary","createdAt":"t","promotedAt":null,"installations":3}]"#)
        ) { try await $0.get(OperatorPath("keys"), as: [StorageKeyJSON].self) }
        #expect(keys.map(\.id) == ["k"])
    }

    @Test func `a refusal becomes an error with the server's message`() async throws {
        let answer = Self.http("404 Not Found", #"{"error":{"code":"not_found","message":"there is no such event"}}"#)
        await #expect(throws: CommandError(.notFound, "there is no such event")) {
            try await Self.ask(answer) { _ = try await $0.get(OperatorPath("events", "x"), as: EventJSON.self) }
        }
    }

    @Test func `a body is read byte for byte, however long`() async throws {
        let body = String(repeating: "{\"a\":1}\r\n", count: OperatorClient.answerLimit / 8)
        let received = try await Self.ask(Self.http("200 OK", body)) { client in
            try await client.bytes(OperatorPath("events", "x", "body"))
        }
        #expect(received == Data(body.utf8))
    }

    @Test func `an answer without end is not read`() async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: \(OperatorClient.answerLimit + 1)\r\n\r\n"
        await #expect(throws: (any Error).self) {
            try await Self.ask(answer) { _ = try await $0.get(OperatorPath("keys"), as: [StorageKeyJSON].self) }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n["])
    func `a server that hangs in an answer holds no command for ever`(answer: String) async throws {
        await #expect {
            try await Self.ask(answer, holds: true, patience: .milliseconds(100)) {
                _ = try await $0.get(OperatorPath("keys"), as: [StorageKeyJSON].self)
            }
        } throws: { ($0 as? CommandError)?.status == .unavailable }
        await #expect {
            try await Self.ask(answer, holds: true, patience: .milliseconds(100)) {
                _ = try await $0.bytes(OperatorPath("events", "x", "body"))
            }
        } throws: { ($0 as? CommandError)?.status == .unavailable }
    }

    @Test func `a broken connection may be tried again for a question only`() async throws {
        await #expect {
            try await Self.ask("") { _ = try await $0.get(OperatorPath("keys"), as: [StorageKeyJSON].self) }
        } throws: { ($0 as? OperatorClient.ConnectionLost)?.mayRepeat == true }
        await #expect {
            try await Self.ask("") { client in
                _ = try await client.post(OperatorPath("api-keys"), ReasonJSON(reason: nil), as: TokenJSON.self)
            }
        } throws: { ($0 as? OperatorClient.ConnectionLost)?.mayRepeat == false }
    }

    @Test func `after an answer nothing is asked again`() async throws {
        let bed = try SettingsBed()
        let path = bed.path + "/a.sock"
        let server = try #require(
            CannedServer(path: path, answer: Self.http("200 OK", "[]", headers: "Connection: close\r\n")))
        await #expect {
            try await OperatorClient.with(socket: path) { client in
                _ = try await client.get(OperatorPath("keys"), as: [StorageKeyJSON].self)
                server.stop()
                _ = try await client.get(OperatorPath("keys"), as: [StorageKeyJSON].self)
            }
        } throws: { ($0 as? OperatorClient.ConnectionLost)?.mayRepeat == false }
    }
}
