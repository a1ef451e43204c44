import Foundation
import HTTPTypes
import Installations
import SQLiteStore
import Sealing
import Store
import TestSupport
import Testing

@testable import OperatorAPI

@Suite struct InstallationRoutesTests {
    @Test func `an installation on the wire has exactly the contract's members and no secret`() async throws {
        let harness = try await Harness()
        let id = try harness.deployment.platform.id()
        _ = try await harness.deployment.install(id)
        let bearer = try await harness.bearer(.read)
        try await harness.serving { (client) async throws in
            let answer = try await client.ask(.get, "/api/v1/installations/test-addon/ws1/inst1", bearer)
            let object = try #require(try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any])
            #expect(
                object.keys.sorted() == [
                    "addonId", "addonKey", "addonUserId", "apiUrl", "asUser", "endedAt", "installedAt",
                    "refusedSinceInstall", "status",
                    "storageKey", "updatedAt", "webhooks", "workspaceId",
                ])
            #expect(object["endedAt"] is NSNull)
            #expect(object["installedAt"] as? String == "2026-11-23T12:00:00.000Z")
            #expect(!answer.body.contains("eyJ"))
            #expect(
                answer.body.contains(#"{"events":["NEW_TIME_ENTRY","TIME_ENTRY_UPDATED"],"path":"/webhooks/time"}"#))
        }
    }

    @Test func `a list pages by cursor, live ones by default`() async throws {
        let harness = try await Harness()
        for number in 1...5 {
            _ = try await harness.deployment.install(try harness.deployment.platform.id("ws\(number)", "i"))
        }
        _ = try await harness.deployment.manager.forget(try harness.deployment.platform.id("ws3", "i"), actor: .system)
        let bearer = try await harness.bearer(.read)
        try await harness.serving { (client) async throws in
            func list(_ query: String) async throws -> InstallationPageJSON {
                let answer = try await client.ask(.get, "/api/v1/installations?\(query)", bearer)
                return try JSONDecoder().decode(InstallationPageJSON.self, from: Data(answer.body.utf8))
            }
            let first = try await list("limit=3")
            #expect(first.installations.map(\.workspaceId) == ["ws5", "ws4", "ws2"])
            let second = try await list("limit=3&cursor=\(try #require(first.nextCursor))")
            #expect(second.installations.map(\.workspaceId) == ["ws1"])
            #expect(second.nextCursor == nil)
            #expect(try await list("status=all").installations.count == 5)
            #expect(try await list("status=DELETED").installations.map(\.workspaceId) == ["ws3"])
            #expect(try await list("workspaceId=ws4").installations.map(\.workspaceId) == ["ws4"])
            #expect(try await list("addonKey=another").installations.isEmpty)
        }
    }

    @Test func `a page stays where it was while rows are added`() async throws {
        let harness = try await Harness()
        let deployment = harness.deployment
        for number in 1...6 { _ = try await deployment.install(try deployment.platform.id("ws\(number)", "i")) }
        let bearer = try await harness.bearer(.read)
        try await harness.serving { (client) async throws in
            var (seen, cursor, added): ([String], String?, Int) = ([], nil, 6)
            repeat {
                let query = cursor.map { "&cursor=\($0)" } ?? ""
                let answer = try await client.ask(.get, "/api/v1/installations?limit=2\(query)", bearer)
                let page = try JSONDecoder().decode(InstallationPageJSON.self, from: Data(answer.body.utf8))
                seen += page.installations.map(\.workspaceId)
                cursor = page.nextCursor
                added += 1
                _ = try await deployment.install(try deployment.platform.id("ws\(added)", "i"))
            } while cursor != nil
            #expect(seen == ["ws6", "ws5", "ws4", "ws3", "ws2", "ws1"])
        }
    }

    @Test func `a token is given while ACTIVE, never cached, and at a bounded rate`() async throws {
        let harness = try await Harness()
        let id = try harness.deployment.platform.id()
        _ = try await harness.deployment.install(id)
        let bearer = try await harness.bearer(.tokens)
        let uri = "/api/v1/installations/test-addon/ws1/inst1/token"
        try await harness.serving { (client) async throws in
            let answer = try await client.ask(.post, uri, bearer)
            #expect(answer.status == 200)
            #expect(answer.headers[.cacheControl] == "no-store")
            let token = try JSONDecoder().decode(TokenJSON.self, from: Data(answer.body.utf8))
            #expect(token.token.hasPrefix("eyJ") && token.status == "ACTIVE")
            #expect(token.apiUrl == "https://api.clockify.me/api")
            for _ in 1..<30 { #expect(try await client.ask(.post, uri, bearer).status == 200) }
            let limited = try await client.ask(.post, uri, bearer)
            #expect(limited.status == 429)
            #expect(limited.headers[.retryAfter] == "1")
            let readings = try await harness.deployment.test.store.auditRecords(
                since: nil, of: id, page: PageRequest(limit: 100))
            #expect(readings.items.count(where: { $0.entry.action == "installation.token" }) == 30)
            harness.deployment.clock.advance(seconds: 60)
            _ = try await harness.deployment.manager.forget(id, actor: .system)
            #expect(try await client.ask(.post, uri, bearer).status == 409)
            #expect(
                try await client.ask(.post, "/api/v1/installations/test-addon/ws1/other/token", bearer).status == 404)
        }
    }

    @Test func `forget ends exactly one installation, once`() async throws {
        let harness = try await Harness()
        _ = try await harness.deployment.install(try harness.deployment.platform.id())
        let bearer = try await harness.bearer(.admin)
        try await harness.serving { (client) async throws in
            let uri = "/api/v1/installations/test-addon/ws1/inst1/forget"
            let refused = try await client.ask(.post, uri, bearer, body: #"{"reason":"mo\u0000ved"}"#)
            #expect(refused.status == 400 && refused.body.contains("reason holds U+0000"))
            let long = try await client.ask(
                .post, uri, bearer, body: #"{"reason":"\#(String(repeating: "a", count: 501))"}"#)
            #expect(long.status == 400 && long.body.contains("reason must be at most 500 bytes"))
            #expect(
                try await client.ask(.post, uri, bearer, body: #"{"reason":"moved"}"#).body == #"{"outcome":"deleted"}"#
            )
            #expect(try await client.ask(.post, uri, bearer).status == 409)
            #expect(try await client.ask(.post, "/api/v1/installations/test-addon/ws1/no/forget", bearer).status == 404)
        }
        let audit = try await harness.deployment.test.store.auditRecords(
            since: nil, of: nil, page: PageRequest(limit: 3))
        #expect(audit.items.allSatisfy { $0.entry.action == "installation.forget" })
        #expect(audit.items.map(\.entry.outcome) == ["refused: unknown", "refused: DELETED", "deleted"])
        #expect(audit.items.last?.entry.detail == "moved")
    }

    @Test func `an add-on key with a space is found by its percent-encoded name`() async throws {
        let harness = try await Harness()
        let bearer = try await harness.bearer(.read)
        try await harness.serving { (client) async throws in
            #expect(try await client.ask(.get, "/api/v1/installations/my%20addon/ws1/inst1", bearer).status == 404)
            #expect(try await client.ask(.get, "/api/v1/installations/my%ZZaddon/ws1/inst1", bearer).status == 400)
        }
    }
}
