import Foundation
import OperatorAPI
import Testing

/// The life of an installation, from the platform's calls to what the operator sees (contract.md sections 2 and 3).
@Suite(.timeLimit(.minutes(5)))
struct LifeTests {
    @Test func `an install is answered with 204 and listed with exactly the fields of the contract`() async throws {
        try await Deployment.with { deployment in
            let platform = deployment.platform
            let server = try await deployment.serve()
            let answer = try await server.send(try platform.install(Tenant("ws1", "inst1")))
            #expect(answer.status == 204)

            let text = try await deployment.text("installations", "list", "-o", "json")
            let page = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            #expect(Set(page.keys) == ["installations", "nextCursor"])
            #expect(page["nextCursor"] is NSNull)
            let rows = try #require(page["installations"] as? [[String: Any]])
            let row = try #require(rows.first)
            #expect(
                Set(row.keys) == [
                    "addonKey", "workspaceId", "addonId", "status", "apiUrl", "addonUserId", "asUser",
                    "refusedSinceInstall", "installedAt",
                    "updatedAt", "endedAt", "storageKey", "webhooks",
                ])
            #expect(row["addonKey"] as? String == "test-addon")
            #expect(row["workspaceId"] as? String == "ws1")
            #expect(row["addonId"] as? String == "inst1")
            #expect(row["status"] as? String == "ACTIVE")
            #expect(row["apiUrl"] as? String == "https://api.clockify.me/api")
            #expect(row["addonUserId"] as? String == "addonuser1")
            #expect(row["asUser"] as? String == "user1")
            #expect(row["endedAt"] is NSNull)
            #expect(row["storageKey"] as? String == deployment.made.storageKey)
            for time in ["installedAt", "updatedAt"] {
                let time = try #require(row[time] as? String)
                #expect(time.wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/#) != nil)
            }
            let webhooks = try #require(row["webhooks"] as? [[String: Any]])
            #expect(webhooks.map { $0["path"] as? String } == ["/webhooks/project", "/webhooks/time"])
            #expect(
                webhooks.map { $0["events"] as? [String] } == [
                    ["NEW_PROJECT"], ["NEW_TIME_ENTRY", "TIME_ENTRY_UPDATED"],
                ])
            #expect(webhooks.allSatisfy { Set($0.keys) == ["path", "events"] })
            #expect(!text.contains("eyJ"), "no token is in the list")

            let overHTTP = try await server.ask(
                "/api/v1/installations", key: deployment.key, as: InstallationPageJSON.self)
            #expect(overHTTP.installations.map(\.workspaceId) == ["ws1"])
        }
    }

    @Test func `an accepted webhook is listed, shown, and its body given back`() async throws {
        try await Deployment.with { deployment in
            let tenant = Tenant("ws1")
            let server = try await deployment.serve()
            let body = #"{ "id": "1",  "workspaceId":"ws1", "text":"ünïcödé \u00e9" }"# + "\n"
            let statuses = try await server.statuses([
                try deployment.platform.install(tenant),
                try deployment.platform.webhook(tenant, body: Array(body.utf8)),
            ])
            #expect(statuses == [204, 204])

            let page = try await deployment.json("events", "list", as: EventPageJSON.self)
            #expect(page.events.map(\.type) == ["NEW_TIME_ENTRY", "addon.installed"], "newest first")
            let event = try #require(page.events.first)
            #expect(event.state == "pending" && event.attempts == 0)
            #expect((event.addonKey, event.workspaceId, event.addonId) == ("test-addon", "ws1", "inst-ws1"))
            let shown = try await deployment.json("events", "show", event.id, as: EventJSON.self)
            #expect(shown.id == event.id && shown.receivedAt == event.receivedAt)
            let given = try await deployment.run("events", "show", event.id, "--body")
            #expect(given.output == Array(body.utf8), "the bytes as received and nothing else")
        }
    }

    @Test func `the inbox gets every lifecycle call without a token in it`() async throws {
        try await Deployment.with { deployment in
            let (platform, tenant) = (deployment.platform, Tenant("ws1"))
            let server = try await deployment.serve()
            let statuses = try await server.statuses([
                try platform.install(tenant), try platform.status(tenant, "INACTIVE"),
                try platform.settings(tenant, #"[{"id":"title","name":"Title","value":"Timesheet"}]"#),
                try platform.uninstall(tenant),
            ])
            #expect(statuses == [204, 204, 204, 204])
            let page = try await deployment.json("events", "list", as: EventPageJSON.self)
            #expect(
                page.events.map(\.type) == [
                    "addon.deleted", "addon.settings_updated", "addon.status_changed", "addon.installed",
                ])
            for event in page.events {
                let body = try await deployment.text("events", "show", event.id, "--body")
                #expect(body.contains(tenant.addon))
                #expect(!body.contains("eyJ"))
            }
        }
    }

    @Test func `status calls switch the status, and an unknown one keeps it`() async throws {
        try await Deployment.with { deployment in
            let (platform, tenant) = (deployment.platform, Tenant("ws1"))
            let server = try await deployment.serve()
            #expect(try await server.statuses([try platform.install(tenant)]) == [204])
            for (sent, expected) in [("INACTIVE", "INACTIVE"), ("PAUSED", "INACTIVE"), ("ACTIVE", "ACTIVE")] {
                #expect(try await server.statuses([try platform.status(tenant, sent)]) == [204])
                #expect(try await status(of: tenant, deployment) == expected)
            }
            _ = try await server.send(try platform.status(tenant, "INACTIVE"))
            let late = try await server.send(try platform.webhook(tenant))
            #expect(late.status == 204, "an inactive installation's webhooks are kept")
        }
    }

    @Test func `an uninstall ends the installation and leaves a tombstone that refuses a replay`() async throws {
        try await Deployment.with { deployment in
            let (platform, tenant) = (deployment.platform, Tenant("ws1"))
            let server = try await deployment.serve()
            let statuses = try await server.statuses([
                try platform.install(tenant), try platform.uninstall(tenant), try platform.webhook(tenant),
                try platform.install(tenant), try platform.uninstall(tenant), try platform.status(tenant, "ACTIVE"),
                try platform.settings(tenant),
            ])
            #expect(statuses == [204, 204, 401, 409, 204, 204, 204])
            #expect(try await deployment.text("installations", "list") == "")
            let all = try await deployment.json("installations", "list", "--all", as: InstallationPageJSON.self)
            let tombstone = try #require(all.installations.first)
            #expect(all.installations.count == 1 && tombstone.status == "DELETED" && tombstone.endedAt != nil)
            #expect(tombstone.webhooks.isEmpty, "its webhook tokens are erased")
        }
    }

    @Test func `an uninstall that comes before its install wins`() async throws {
        try await Deployment.with { deployment in
            let (platform, tenant) = (deployment.platform, Tenant("ws1"))
            let server = try await deployment.serve()
            let statuses = try await server.statuses([
                try platform.status(tenant, "INACTIVE"), try platform.settings(tenant), try platform.uninstall(tenant),
                try platform.install(tenant),
            ])
            #expect(statuses == [204, 204, 204, 409])
            #expect(try await status(of: tenant, deployment) == "DELETED")
        }
    }

    @Test func `a reinstall supersedes the old installation and its tokens`() async throws {
        try await Deployment.with { deployment in
            let platform = deployment.platform
            let (old, new) = (Tenant("ws1", "old"), Tenant("ws1", "new"))
            let server = try await deployment.serve()
            let statuses = try await server.statuses([
                try platform.install(old), try platform.install(Tenant("ws2")), try platform.install(new),
                try platform.webhook(old), try platform.webhook(new), try platform.webhook(Tenant("ws2")),
                try platform.install(old),
            ])
            #expect(statuses == [204, 204, 204, 401, 204, 204, 409])
            #expect(try await status(of: old, deployment) == "SUPERSEDED")
            #expect(try await status(of: new, deployment) == "ACTIVE")
        }
    }

    @Test func `the same install again replaces the whole token set and keeps the status`() async throws {
        try await Deployment.with { deployment in
            let (platform, tenant) = (deployment.platform, Tenant("ws1"))
            let server = try await deployment.serve()
            let project = (path: "/webhooks/project", event: "NEW_PROJECT")
            let statuses = try await server.statuses([
                try platform.install(tenant), try platform.status(tenant, "INACTIVE"),
                try platform.install(tenant, salt: "2", paths: ["/webhooks/time"]),
                try platform.webhook(tenant, salt: "1"), try platform.webhook(tenant, salt: "2"),
                try platform.webhook(tenant, path: project.path, event: project.event, salt: "1"),
                try platform.webhook(tenant, path: project.path, event: project.event, salt: "2"),
            ])
            #expect(statuses == [204, 204, 204, 401, 204, 401, 401])
            #expect(try await status(of: tenant, deployment) == "INACTIVE")
        }
    }

    @Test func `a strange API address keeps the install and makes show warn`() async throws {
        try await Deployment.with { deployment in
            let (platform, tenant) = (deployment.platform, Tenant("ws1"))
            let server = try await deployment.serve(["--platform-hosts", "example.org"])
            #expect(try await server.statuses([try platform.install(tenant)]) == [204])
            let page = try await deployment.json("installations", "list", as: InstallationPageJSON.self)
            #expect(page.installations.map(\.apiUrl) == [""])
            #expect(try await deployment.text("installations", "show", "ws1").contains("warning: apiUrl is empty"))
        }
    }

    private func status(of tenant: Tenant, _ deployment: Deployment) async throws -> String? {
        let page = try await deployment.json(
            "installations", "list", "--all", "--workspace", tenant.workspace, as: InstallationPageJSON.self)
        return page.installations.first { $0.addonId == tenant.addon }?.status
    }
}
