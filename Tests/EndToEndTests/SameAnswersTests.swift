import OperatorAPI
import TestSupport
import Testing

/// A command gives the same output whether a server runs or not (contract.md section 1).
@Suite(.timeLimit(.minutes(5)))
struct SameAnswersTests {
    @Test func `every reading command prints the same with and without a server`() async throws {
        try await Deployment.with { deployment in
            let (platform, tenant) = (deployment.platform, Tenant("ws1"))
            let server = try await deployment.serve()
            let statuses = try await server.statuses([
                try platform.install(Tenant("ws2")), try platform.uninstall(Tenant("ws2")),
                try platform.install(tenant), try platform.settings(tenant), try platform.webhook(tenant),
            ])
            #expect(statuses == [204, 204, 204, 204, 204])
            let events = try await deployment.json("events", "list", as: EventPageJSON.self)
            let commands = try commands(
                event: try #require(events.events.first).id,
                platformKeys: deployment.directory.path + "/platform.pem")
            let online = try await outputs(of: commands, deployment)
            #expect(await server.stop() == 0)
            let offline = try await outputs(of: commands, deployment)
            for (command, (with, without)) in zip(commands, zip(online, offline)) {
                let line = command.joined(separator: " ")
                #expect(with.status == 0 && without.status == 0, "\(line): \(with.errorText)\(without.errorText)")
                #expect(with.text == without.text, "\(line)")
                #expect(!with.output.isEmpty && without.errors.isEmpty, "\(line): \(without.errorText)")
            }
        }
    }

    @Test func `commands started at once without a server all succeed`() async throws {
        try await Deployment.with { deployment in
            let children = try (0..<4).map { _ in try deployment.start(["keys", "list", "-o", "json"]) }
            var outputs: Set<String> = []
            for child in children {
                let outcome = await child.outcome()
                #expect(outcome.status == 0, "\(outcome.errorText)")
                outputs.insert(outcome.text)
            }
            #expect(outputs.count == 1)
        }
    }

    @Test func `a body read without a server is the body read with one`() async throws {
        try await Deployment.with { deployment in
            let tenant = Tenant("ws1")
            let body = Array(#"{"workspaceId":"ws1","n":1.50}"#.utf8)
            let server = try await deployment.serve()
            _ = try await server.statuses([
                try deployment.platform.install(tenant), try deployment.platform.webhook(tenant, body: body),
            ])
            let page = try await deployment.json("events", "list", as: EventPageJSON.self)
            let event = try #require(page.events.first).id
            #expect(try await deployment.run("events", "show", event, "--body").output == body)
            let token = try await deployment.text("installations", "token", "ws1", "--reason", "test")
            #expect(token == (try deployment.platform.installationToken(tenant)) + "\n")
            #expect(await server.stop() == 0)
            #expect(try await deployment.run("events", "show", event, "--body").output == body)
            #expect(try await deployment.text("installations", "token", "ws1", "--reason", "test") == token)
        }
    }

    /// Each with the settings that the server has.
    private func commands(event: String, platformKeys: String) throws -> [[String]] {
        let tables = [
            ["installations", "list"], ["installations", "list", "--all"], ["installations", "show", "ws1"],
            ["installations", "show", "ws2", "inst-ws2"], ["events", "list"], ["events", "list", "--state", "pending"],
            ["events", "show", event], ["keys", "list"], ["keys", "census"], ["api-keys", "list"], ["addons", "list"],
            ["audit", "list"], ["audit", "verify"], ["audit", "head"],
            ["doctor", "--platform-keys", platformKeys],
        ]
        let json = tables.filter { $0[0] != "doctor" }.map { $0 + ["-o", "json"] }
        return tables + json + [["installations", "list", "--all", "-o", "jsonl"], ["events", "list", "-o", "jsonl"]]
    }

    private func outputs(of commands: [[String]], _ deployment: Deployment) async throws -> [Program.Outcome] {
        var outputs: [Program.Outcome] = []
        for command in commands { outputs.append(try await deployment.run(command)) }
        return outputs
    }
}
