import Foundation
import OperatorAPI
import TestSupport
import Testing

/// What an operator is told by command when something is wrong: incidents made with the stand-in platform.
@Suite(.timeLimit(.minutes(5)))
struct StatsTests {
    private func attention(_ deployment: Deployment) async throws -> [String] {
        let stats: StatsJSON = try await deployment.json("stats")
        return stats.attention.map(\.code)
    }

    @Test func `a backend that is down is told of everywhere, its attempts are kept, and it can be paused`()
        async throws
    {
        try await Deployment.with { deployment in
            // Nobody listens there: the port was free a moment ago and is in no range of the system's.
            try deployment.forward(to: "http://127.0.0.1:1/")
            let server = try await deployment.serve()
            for number in 1...6 {
                #expect(try await server.send(try deployment.platform.install(Tenant("ws\(number)"))).status == 204)
            }
            #expect(try await holds { try await attention(deployment) == ["target_down"] })
            let listed: TargetsJSON = try await deployment.json("targets", "list")
            #expect(listed.targets.map(\.state) == ["down"] && listed.targets.map(\.lastFailure) == ["cannot connect"])
            #expect(try await deployment.text("stats").contains("critical: Nothing reaches"))
            #expect(try await deployment.run("doctor").text.contains("target down"))
            let events: EventPageJSON = try await deployment.json("events", "list")
            let tried = try #require(events.events.first { $0.attempts > 0 })
            let attempts: AttemptsJSON = try await deployment.json("events", "attempts", tried.id)
            #expect(attempts.attempts.first?.error == "cannot connect" && attempts.attempts.first?.status == nil)
            #expect(try await deployment.text("events", "attempts", tried.id).contains("cannot connect"))
            let addon = tried.addonKey
            #expect(try await deployment.run("targets", "pause", addon).status == 0)
            #expect(try await deployment.text("targets", "list").contains("paused"))
            #expect(try await holds { try await attention(deployment).isEmpty })
            #expect(try await deployment.run("targets", "pause", "another").status == 3)
            #expect(await server.stop() == 0)
            // It is kept while nobody serves, and by the next server.
            #expect(try await deployment.text("targets", "list").contains("paused"))
            try await deployment.receiving { backend in
                try deployment.forward(to: backend.url)
                let server = try await deployment.serve()
                #expect(try await deployment.text("targets", "list").contains("paused"))
                #expect(!backend.child.output.text.contains("addon.installed"))
                #expect(try await deployment.run("targets", "resume", addon).status == 0)
                #expect(await holds { backend.child.output.text.contains("addon.installed of workspace ws1") })
                #expect(
                    try await holds {
                        let stats: StatsJSON = try await deployment.json("stats")
                        return stats.figures.delivered == 6 && stats.series?.started.isEmpty == false
                    })
                #expect(await server.stop() == 0)
            }
        }
    }

    @Test func `a workspace whose token was replaced is named, until it installs again`() async throws {
        try await Deployment.with { deployment in
            let keys = deployment.directory.path + "/keys"
            #expect(try await Program.run(["simulate", "keys", keys]).status == 0)
            let server = try await deployment.serve(["--platform-keys", keys + "/platform.pem"])
            func simulate(_ arguments: String...) async throws -> Program.Outcome {
                try await Program.run(
                    ["simulate"] + arguments + ["--keys", keys, "--url", "http://127.0.0.1:\(server.ingress)"])
            }
            #expect(try await simulate("install", "--workspaces", "2").status == 0)
            let stale = try await simulate("webhook", "--workspaces", "1", "--stale-token", "--count", "2")
            #expect(stale.status == 0 && stale.text.contains("401"), "\(stale.text)\(stale.errorText)")
            #expect(try await simulate("webhook", "--workspaces", "2").status == 0)
            #expect(try await simulate("webhook", "--stale-token", "--forge").status == 2)
            #expect(try await holds { try await attention(deployment) == ["token_mismatches"] })
            let page: InstallationPageJSON = try await deployment.json("installations", "list")
            let counts = page.installations.sorted { $0.workspaceId < $1.workspaceId }.map(\.refusedSinceInstall)
            #expect(counts[0] ?? 0 >= 3 && counts[1] == 0)
            #expect(try await simulate("install", "--workspaces", "1").status == 0)
            let again: InstallationPageJSON = try await deployment.json("installations", "list")
            #expect(again.installations.allSatisfy { $0.refusedSinceInstall == 0 })
            #expect(await server.stop() == 0)
        }
    }

    @Test func `a flood of forged calls is told of, with the reason`() async throws {
        try await Deployment.with { deployment in
            let keys = deployment.directory.path + "/keys"
            #expect(try await Program.run(["simulate", "keys", keys]).status == 0)
            let server = try await deployment.serve(["--platform-keys", keys + "/platform.pem"])
            let flood = try await Program.run([
                "simulate", "webhook", "--forge", "--count", "100", "--keys", keys, "--url",
                "http://127.0.0.1:\(server.ingress)",
            ])
            #expect(flood.status == 0 && flood.text.contains("401"))
            #expect(try await holds { try await attention(deployment) == ["many_refusals"] })
            let stats: StatsJSON = try await deployment.json("stats")
            #expect(stats.attention.first?.message.contains("signature") == true)
            #expect(stats.series?.refused["signature"]?.reduce(0, +) ?? 0 >= 100)
            #expect(await server.stop() == 0)
        }
    }
}
