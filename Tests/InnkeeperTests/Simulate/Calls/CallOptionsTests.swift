import ArgumentParser
import Testing

@testable import Innkeeper

@Suite struct CallOptionsTests {
    @Test func `without options there is one workspace, the first`() throws {
        let options = try CallOptions.parse([])
        #expect(try options.installations() == [SimulatedInstallation(number: 1)])
        #expect(options.url == "http://127.0.0.1:8080")
    }

    @Test func `workspaces are counted from the first`() throws {
        let options = try CallOptions.parse(["--workspaces", "3", "--from", "17", "--generation", "2"])
        let expected = try (17...19).map { try SimulatedInstallation(number: $0, generation: 2) }
        #expect(try options.installations() == expected)
    }

    @Test func `ids of one's own are used`() throws {
        let options = try CallOptions.parse(["--workspace", "w1", "--addon-id", "a1"])
        let expected = try SimulatedInstallation(workspace: "w1", addon: "a1", number: 1)
        #expect(try options.installations() == [expected])
    }

    @Test(arguments: [
        ["--workspaces", "0"], ["--workspaces", "1000001"], ["--workspaces", "-1"], ["--from", "0"],
        ["--generation", "0"], ["--parallel", "0"], ["--parallel", "257"], ["--expect", "99"],
        ["--manifest", "a.json", "--addon", "b"], ["--workspace", "w1"], ["--addon-id", "a1"],
        ["--workspace", "w1", "--addon-id", "a1", "--workspaces", "2"],
    ])
    func `options that make no sense are refused`(arguments: [String]) {
        #expect(throws: (any Error).self) { try CallOptions.parse(arguments) }
    }

    @Test(arguments: [
        ["install", "--path-form", "triple"], ["status"], ["webhook", "--event", "new_project"],
        ["webhook", "--count", "0"], ["demo", "--workspaces", "9"], ["demo", "--webhooks", "0"],
        ["demo", "--parallel", "0"], ["nothing"],
    ])
    func `commands refuse arguments that make no sense`(arguments: [String]) {
        #expect(throws: (any Error).self) { try SimulateCommand.parseAsRoot(arguments) }
    }

    @Test(arguments: [
        ["install", "--workspaces", "200"], ["install", "--path-form", "url"], ["status", "INACTIVE"], ["settings"],
        ["webhook"], ["webhook", "--event", "NEW_PROJECT", "--event", "NEW_TASK", "--forge"], ["uninstall"], ["demo"],
        ["keys", "directory"],
    ])
    func `commands take what their help shows`(arguments: [String]) throws {
        _ = try SimulateCommand.parseAsRoot(arguments)
    }
}
