import ArgumentParser
import Testing

@testable import Innkeeper

@Suite struct OperatorRequestTests {
    @Test func `every part of a path is escaped on its own`() {
        let one = InstallationName(addonKey: "a/b c?é", workspaceID: "w", addonID: "i")
        #expect(
            OperatorPath.installation(one, "token").target
                == "/api/v1/installations/a%2Fb%20c%3F%C3%A9/w/i/token")
    }

    @Test func `query items without a value are left out`() {
        #expect(
            OperatorPath("events", query: [("state", nil), ("addonKey", "a&b=c"), ("limit", "5")]).target
                == "/api/v1/events?addonKey=a%26b%3Dc&limit=5")
        #expect(OperatorPath("keys", query: [("x", nil)]).target == "/api/v1/keys")
    }

    @Test func `the list's filters reach the API`() throws {
        let command = try InstallationsListCommand.parse(["--status", "active", "--addon", "k", "--workspace", "w"])
        #expect(
            command.path(limit: 7, cursor: "c1").target
                == "/api/v1/installations?addonKey=k&workspaceId=w&status=ACTIVE&limit=7&cursor=c1")
        #expect(try InstallationsListCommand.parse([]).path(limit: 1, cursor: nil).target.contains("status=live"))
        #expect(try InstallationsListCommand.parse(["--all"]).path(limit: 1, cursor: nil).target.contains("status=all"))
    }
}
