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
            #expect(try await client.ask(.get, "/api/v1/events?xlimit=0", bearer).status == 200)
        }
    }
}
