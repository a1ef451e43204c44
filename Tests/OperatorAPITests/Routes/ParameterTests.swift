import Foundation
import HTTPTypes
import Installations
import Marketplace
import TestSupport
import Testing

@testable import OperatorAPI

/// Query parameters as clients encode them.
@Suite struct ParameterTests {
    @Test func `a space may come as a plus, and a plus is percent-encoded`() async throws {
        let harness = try await Harness()
        let base = try harness.deployment.platform.id("ws1", "i")
        for key in ["my addon", "my+addon"] {
            let id = InstallationID(
                addonKey: try #require(AddonKey(key)), workspaceID: base.workspaceID, addonID: base.addonID)
            _ = try await harness.deployment.manager.forget(id, actor: .system)
        }
        let bearer = try await harness.bearer(.admin)
        try await harness.serving { (client) async throws in
            for (text, key) in [("my+addon", "my addon"), ("my%20addon", "my addon"), ("my%2Baddon", "my+addon")] {
                let answer = try await client.ask(
                    .get, "/api/v1/audit?addonKey=\(text)&workspaceId=ws1&addonId=i", bearer)
                let page = try JSONDecoder().decode(AuditPageJSON.self, from: Data(answer.body.utf8))
                #expect(page.records.map(\.addonKey) == [key], "\(text)")
            }
        }
    }

    @Test func `a time keeps the plus of its offset, encoded or not`() async throws {
        let harness = try await Harness()
        let bearer = try await harness.bearer(.admin)
        try await harness.serving { (client) async throws in
            for (time, status) in [
                ("2026-01-01T00:00:00+02:00", 200), ("2026-01-01T00:00:00%2B02:00", 200),
                ("2026-01-01T00:00:00Z", 200), ("2026-01-01+00:00:00Z", 400), ("2026-01-01", 400),
            ] {
                #expect(try await client.ask(.get, "/api/v1/audit?since=\(time)", bearer).status == status, "\(time)")
            }
        }
    }

    /// `keys/rotate` with `dryrun` rotated, and a list with `workspaceID` had all of them.
    @Test func `every route refuses a parameter and a member that it does not know`() async throws {
        let harness = try await Harness()
        let bearer = try await harness.bearer(.admin)
        let before = try await harness.services.storageKeys.storageKeys().map(\.id)
        let routes = OperatorServer(services: harness.services).knownRoutes.all
        try await harness.serving(.local(userID: 7)) { (client) async throws in
            for route in routes {
                let method = try #require(HTTPRequest.Method(route.method))
                let id = route.path.contains("events") ? "evt_0000000000001" : "0123456789abcdef"
                let path = route.path.replacing("{id}", with: id).replacing("{step}", with: "retire")
                    .filter { !"{}".contains($0) }
                let query = try await client.ask(method, path + "?zz=1", bearer)
                #expect(query.status == 400 && query.body.contains(#"no parameter \"zz\""#), "\(route)")
                // The open ones read no body, and of a gateway's GET the body is the webhook's.
                if !path.hasPrefix("/api/v1/") || (method == .get && path.hasSuffix("authenticate")) { continue }
                let body = try await client.ask(method, path, bearer, body: #"{"zz":null}"#)
                #expect(body.status == 400 && body.body.contains(#"no member \"zz\""#), "\(route)")
            }
        }
        #expect(try await harness.services.storageKeys.storageKeys().map(\.id) == before)
    }

    @Test func `the answer names what was probably meant, and what comes twice`() async throws {
        let harness = try await Harness()
        let bearer = try await harness.bearer(.admin)
        try await harness.serving { (client) async throws in
            for (uri, nearest) in [
                ("installations?workspaceID=w", "workspaceId"), ("installations?addon%4bey=x", "addonKey"),
                ("events?stat=dead", "state"), ("audit?sinse=2026-01-01", "since"),
                ("installations?limit=1&limit=2", "limit"), ("installations?status", nil),
            ] {
                let answer = try await client.ask(.get, "/api/v1/" + uri, bearer)
                #expect(answer.status == (nearest == nil ? 200 : 400), "\(uri)")
                if let nearest { #expect(answer.body.contains(nearest), "\(uri)") }
            }
            for (uri, body, nearest) in [
                ("events/replay", #"{"addonkey":"test-addon"}"#, "addonKey"),
                ("keys/rotate", #"{"dryrun":true}"#, "dryRun"), ("keys/rewrap", #"{"dryRun":true}"#, "rate"),
                ("installations/test-addon/ws1/inst1/forget", #"{"reasons":"x"}"#, "reason"),
            ] {
                let answer = try await client.ask(.post, "/api/v1/" + uri, bearer, body: body)
                #expect(answer.status == 400 && answer.body.contains(nearest), "\(uri)")
            }
        }
    }

    @Test func `a stranger is not told what a route takes`() async throws {
        try await Harness().serving { (client) async throws in
            #expect(try await client.ask(.get, "/api/v1/installations?zz=1").status == 401)
            #expect(try await client.ask(.post, "/api/v1/keys/rotate", body: #"{"zz":1}"#).status == 401)
        }
    }

    @Test func `what is not percent-encoded UTF-8 is an error, and no filter that matches nothing`() async throws {
        let harness = try await Harness()
        let bearer = try await harness.bearer(.read)
        try await harness.serving { (client) async throws in
            for text in ["%FF%FE", "my%ZZaddon", "my%2"] {
                #expect(
                    try await client.ask(.get, "/api/v1/events?limit=1&addonKey=\(text)", bearer).status == 400,
                    "\(text)")
            }
            #expect(try await client.ask(.get, "/api/v1/events?addonKey=&limit=1", bearer).status == 200)
        }
    }
}
