import Foundation
import HTTPTypes
import Installations
import SQLiteStore
import Sealing
import TestSupport
import Testing

@testable import OperatorAPI

@Suite struct BackupRoutesTests {
    private func body(_ path: String) -> String { #"{"path":"\#(path)"}"# }

    private func records(_ harness: Harness) async throws -> [AuditEntry] {
        try await harness.deployment.test.store.auditRecords(since: nil, of: nil, page: PageRequest()).items.map(
            \.entry)
    }

    @Test func `the socket's user gets a backup, and it is audited`() async throws {
        let harness = try await Harness()
        let path = harness.deployment.test.directory.path + "/a.backup"
        try await harness.serving(.local(userID: 7)) { (client) async throws in
            let answer = try await client.ask(.post, "/api/v1/backup", body: body(path))
            #expect(answer.status == 201)
            let made = try JSONDecoder().decode(BackupJSON.self, from: Data(answer.body.utf8))
            #expect(made.path == path && made.installations == 0 && made.keys.count == 1)
            let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64
            #expect(size == made.bytes)
            #expect(try await client.ask(.post, "/api/v1/backup", body: body(path)).status == 409)
            #expect(try await client.ask(.post, "/api/v1/backup", body: body("relative")).status == 400)
            #expect(try await client.ask(.post, "/api/v1/backup", body: body("/nowhere/a.backup")).status == 500)
        }
        let entries = try await records(harness).filter { $0.action == "deployment.backup" }
        #expect(entries.map(\.actor) == ["local:7", "local:7", "local:7"])
        #expect(entries.last?.outcome == "written" && entries.dropLast().allSatisfy { $0.outcome.hasPrefix("refused") })
    }

    @Test func `an API key must not make this machine write a file, an administrator's neither`() async throws {
        let harness = try await Harness()
        let path = harness.deployment.test.directory.path + "/a.backup"
        let bearer = try await harness.bearer(.admin)
        try await harness.serving { (client) async throws in
            #expect(try await client.ask(.post, "/api/v1/backup", bearer, body: body(path)).status == 403)
            #expect(try await client.ask(.post, "/api/v1/backup", body: body(path)).status == 401)
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `the end of a key names the newest backup that needs it, and so does the refusal before`() async throws {
        let harness = try await Harness()
        let path = harness.deployment.test.directory.path + "/a.backup"
        let old = try #require(harness.deployment.test.keyring.ids.first)
        try await harness.serving(.local(userID: 7)) { (client) async throws in
            _ = try await client.ask(.post, "/api/v1/backup", body: body(path))
            let added = try await client.ask(.post, "/api/v1/keys")
            let key = try JSONDecoder().decode(StorageKeyJSON.self, from: Data(added.body.utf8))
            #expect(try await client.ask(.post, "/api/v1/keys/\(key.id)/promote").status == 200)
            _ = try await client.ask(.post, "/api/v1/keys/rewrap")
            #expect(try await client.ask(.post, "/api/v1/keys/\(old)/retire").status == 200)
            let early = try await client.ask(
                .post, "/api/v1/keys/\(old)/destroy", body: #"{"confirm":"\#(old)"}"#)
            #expect(early.status == 409 && early.body.contains(path))
            let done = try await client.ask(
                .post, "/api/v1/keys/\(old)/destroy", body: #"{"confirm":"\#(old)","now":true}"#)
            let destroyed = try JSONDecoder().decode(DestroyedKeyJSON.self, from: Data(done.body.utf8))
            #expect(destroyed.key.state == "destroyed" && destroyed.newestBackup?.path == path)
            let json = try #require(try JSONSerialization.jsonObject(with: Data(done.body.utf8)) as? [String: Any])
            #expect(json["id"] as? String == old.description && json["key"] == nil)
        }
    }

    @Test func `what cannot be undone is taken over the socket only`() async throws {
        let harness = try await Harness()
        let bearer = try await harness.bearer(.admin)
        let key = try #require(harness.deployment.test.keyring.ids.first)
        let (uri, asked) = ("/api/v1/keys/\(key)/destroy", #"{"confirm":"\#(key)","now":true}"#)
        try await harness.serving { (client) async throws in
            #expect(try await client.ask(.post, uri, bearer, body: asked).status == 403)
        }
        try await harness.serving(.local(userID: 7)) { (client) async throws in
            #expect(try await client.ask(.post, uri, body: asked).status == 409)
        }
        let refused = try await records(harness).filter { $0.outcome.hasPrefix("refused") }
        #expect(refused.map(\.action) == ["storage-key.destroy", "operator.call"])
        #expect(refused.first?.actor == "local:7" && refused.last?.outcome == "refused: over the network")
    }

    @Test func `what is refused is audited with who asked`() async throws {
        let harness = try await Harness()
        let bearer = try await harness.bearer(.admin)
        let key = try #require(harness.deployment.test.keyring.ids.first)
        let nobody = "/api/v1/installations/test-addon/ws9/none"
        try await harness.serving { (client) async throws in
            for (path, body, status) in [
                ("/api/v1/keys/\(key)/retire", "{}", 409),
                ("/api/v1/keys/0123456789abcdef/promote", "{}", 404),
                ("\(nobody)/token", #"{"reason":"why"}"#, 404), ("\(nobody)/forget", #"{"reason":"why"}"#, 404),
            ] {
                #expect(try await client.ask(.post, path, bearer, body: body).status == status, "\(path)")
            }
            #expect(try await client.ask(.delete, "/api/v1/api-keys/00000000", bearer).status == 404)
            #expect(try await client.ask(.get, "/api/v1/events/evt_0000000000001/body", bearer).status == 404)
        }
        let entries = try await records(harness).filter { $0.outcome.hasPrefix("refused") }
        #expect(
            Set(entries.map(\.action)) == [
                "storage-key.retire", "storage-key.promote", "installation.token",
                "installation.forget", "api-key.revoke", "event.body",
            ])
        #expect(entries.allSatisfy { $0.actor.hasPrefix("api-key:") })
        // A word outside the closed vocabulary would be a slip in a route.
        #expect(entries.allSatisfy { AuditAction(rawValue: $0.action) != nil })
    }

    @Test func `a kept head is compared, and nonsense is refused`() async throws {
        let harness = try await Harness()
        let bearer = try await harness.bearer(.admin)
        try await harness.serving { (client) async throws in
            let list = try await client.ask(.get, "/api/v1/audit?limit=1", bearer)
            let newest = try #require(
                try JSONDecoder().decode(AuditPageJSON.self, from: Data(list.body.utf8)).records.first)
            func verdict(_ head: String) async throws -> AuditVerdictJSON {
                let answer = try await client.ask(.get, "/api/v1/audit/verify?head=\(head)", bearer)
                return try JSONDecoder().decode(AuditVerdictJSON.self, from: Data(answer.body.utf8))
            }
            for space in ["%20", "+"] {
                #expect(try await verdict("\(newest.number)\(space)\(newest.hash)").intact)
            }
            #expect(try await verdict("\(newest.number + 1)%20\(newest.hash)").problem == "truncated")
            #expect(try await verdict("1%20\(newest.hash)").problem == "rewritten")
            for number in ["0", "x", "01", "%2B1", "1%20", "9223372036854775808"] {
                let head = "\(number)%20\(newest.hash)"
                #expect(try await client.ask(.get, "/api/v1/audit/verify?head=\(head)", bearer).status == 400)
            }
            for head in ["1", "1%20abc"] {
                #expect(try await client.ask(.get, "/api/v1/audit/verify?head=\(head)", bearer).status == 400)
            }
        }
    }
}
