import Foundation
import OperatorAPI
import TestSupport
import Testing

/// Events reach an add-on's own code: the example backends of this repository, run for real.
@Suite(.timeLimit(.minutes(5)))
struct DeliveryTests {
    @Test func `the push example verifies every event with the public package`() async throws {
        try await Deployment.with { deployment in
            try await deployment.receiving { backend in
                try deployment.forward(to: backend.url)
                let server = try await deployment.serve()
                let (platform, tenant) = (deployment.platform, Tenant("ws1"))
                let statuses = try await server.statuses([
                    try platform.install(tenant), try platform.webhook(tenant), try platform.status(tenant, "INACTIVE"),
                    try platform.uninstall(tenant),
                ])
                #expect(statuses == [204, 204, 204, 204])
                #expect(await holds { backend.child.output.text.contains("addon.deleted") })
                let lines = backend.child.output.text.split(separator: "\n").dropFirst()
                #expect(
                    lines.map { $0.prefix { $0 != " " } }
                        == ["addon.installed", "NEW_TIME_ENTRY", "addon.status_changed", "addon.deleted"])
                #expect(lines.allSatisfy { $0.contains("of workspace ws1, installation inst-ws1") })
                #expect(!backend.child.output.text.contains("eyJ"), "no token reaches the add-on's code")
                #expect(
                    try await holds {
                        let metrics = try await server.ask("/metrics").text
                        return metrics.contains("\ninnkeeper_deliveries_total{outcome=\"delivered\"} 4\n")
                            && metrics.contains("\ninnkeeper_delivery_seconds_count 4\n")
                    })
                #expect(
                    try await holds {
                        try await deployment.text("installations", "show", "ws1").contains("storage key   destroyed")
                    })
                #expect(await server.stop() == 0)
            }
        }
    }

    @Test func `a backend that still has the old secret goes on during a change`() async throws {
        try await Deployment.with { deployment in
            try await deployment.receiving { backend in
                try deployment.forward(
                    to: backend.url,
                    secrets: "# new, then old\nwhsec_plJ3nmyCDGBKInavdOK15jsl\n\(Deployment.signingSecret)\n")
                let server = try await deployment.serve()
                _ = try await server.send(try deployment.platform.install(Tenant("ws1")))
                #expect(await holds { backend.child.output.text.contains("addon.installed of workspace ws1") })
                #expect(await server.stop() == 0)
            }
        }
    }

    @Test func `refused events become dead letters and are replayed once the backend is mended`() async throws {
        try await Deployment.with { deployment in
            func dead() async throws -> [EventJSON] {
                let page: EventPageJSON = try await deployment.json("events", "list", "--state", "dead")
                return page.events
            }
            var url = ""
            try await deployment.receiving(secret: "whsec_plJ3nmyCDGBKInavdOK15jsl") { backend in
                url = backend.url
                try deployment.forward(to: backend.url)
                let server = try await deployment.serve()
                let tenant = Tenant("ws1")
                _ = try await server.statuses([
                    try deployment.platform.install(tenant), try deployment.platform.webhook(tenant),
                ])
                #expect(try await holds { try await dead().count == 2 })
                #expect(backend.child.output.text.contains("refused: No matching signature found"))
                #expect(await server.stop() == 0)
            }
            let event = try #require(try await dead().last)
            #expect(event.attempts == 1)
            #expect(try await deployment.text("events", "show", event.id).contains("last failure  HTTP 401"))
            #expect(
                try await deployment.run("events", "replay", event.id, "-o", "json").text.contains(#""replayed" : 1"#))
            #expect(try await deployment.run("events", "replay", event.id).status == 0, "pending: tried at once")
            #expect(try await deployment.run("events", "replay", "evt_0000000000001").status == 3)
            #expect(try await deployment.run("events", "replay", "--dead", "--since", "1h").text == "1 replayed\n")
            #expect(try await deployment.run("events", "replay", "--dead").text == "0 replayed\n")
            for arguments in [
                ["events", "replay"], ["events", "replay", "x", "--dead"], ["events", "replay", "x", "--since", "1h"],
            ] {
                #expect(try await deployment.run(arguments).status == 2)
            }
            #expect(try await deployment.text("audit", "list").contains("event.replay"))

            let file = deployment.directory.path + "/backend.secret"
            try Data(Deployment.signingSecret.utf8).write(to: URL(filePath: file))
            let port = try #require(URL(string: url)?.port)
            let backend = try await Backend.receiving(
                "example-backend-push.py", ["--secret", file, "--port", String(port)],
                by: try Backend.pythonWithStandardWebhooks())
            let server = try await deployment.serve()
            #expect(await holds { backend.child.output.text.contains("NEW_TIME_ENTRY of workspace ws1") })
            #expect(await server.stop() == 0)
            await backend.child.end()
        }
    }

    @Test func `a flood of dead letters is a few lines and a count, and the next start tells of them`() async throws {
        try await Deployment.with { deployment in
            try await deployment.receiving(secret: "whsec_plJ3nmyCDGBKInavdOK15jsl") { backend in
                try deployment.forward(to: backend.url)
                let server = try await deployment.serve()
                let tenant = Tenant("ws1")
                let webhooks = try (1...29).map { _ in try deployment.platform.webhook(tenant) }
                _ = try await server.statuses([try deployment.platform.install(tenant)] + webhooks)
                #expect(
                    try await holds {
                        try await server.ask("/metrics").text
                            .contains("\ninnkeeper_deliveries_total{outcome=\"dead\"} 30\n")
                    })
                #expect(await server.stop() == 0)
                let lines = server.child.errors.text.split(separator: "\n")
                #expect(lines.count { $0.contains(#""message":"dead letter""#) } == 10)
                let sums = lines.filter { $0.contains("more dead letters") }
                #expect(sums.count == 1 && sums.first?.contains(#""count":"20""#) == true, "\(sums)")
                #expect(sums.first?.contains("HTTP 401: 20") == true)

                let again = try await deployment.serve()
                #expect(await holds { again.child.errors.text.contains("dead letters: 30 of test-addon") })
                let doctor = try await deployment.run("doctor")
                #expect(doctor.status == 5 && doctor.text.contains("warn  dead letters: 30 of test-addon"))
                #expect(await again.stop() == 0)
            }
        }
    }

    @Test func `the pull example gets everything in order`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            let made: CreatedAPIKeyJSON = try await deployment.json(
                "api-keys", "create", "--name", "worker", "--scope", "events")
            let worker = try Backend.start(
                "example-backend-pull.py", ["--addon", "test-addon", "--url", "http://127.0.0.1:\(server.operators)"],
                environment: ["INNKEEPER_API_KEY": made.secret], by: try Backend.python())
            let tenants = (1...3).map { Tenant("ws\($0)") }
            for tenant in tenants {
                _ = try await server.statuses([
                    try deployment.platform.install(tenant), try deployment.platform.webhook(tenant),
                    try deployment.platform.uninstall(tenant),
                ])
            }
            #expect(await holds { worker.output.text.ranges(of: "addon.deleted").count == 3 }, "\(worker.errors.text)")
            for tenant in tenants {
                let own = worker.output.text.split(separator: "\n").filter {
                    $0.contains("workspace \(tenant.workspace),")
                }
                #expect(own.map { $0.prefix { $0 != " " } } == ["addon.installed", "NEW_TIME_ENTRY", "addon.deleted"])
            }
            #expect(
                try await holds {
                    let page: EventPageJSON = try await deployment.json("events", "list", "--state", "delivered")
                    return page.events.count == 9
                })
            #expect(
                try await server.ask("/metrics").text.contains(
                    "\ninnkeeper_deliveries_total{outcome=\"delivered\"} 9\n"))
            // A worker's long poll does not hold up a shutdown.
            #expect(await server.stop() == 0)
            await worker.end()
        }
    }

    @Test func `a wrong signing secret stops the start and names the file`() async throws {
        try await Deployment.with { deployment in
            let file = deployment.path + "/forward.secret"
            for (secrets, mode, word) in [
                ("nonsense", 0o600, "not one or two signing secrets"), (Deployment.signingSecret, 0o644, "mode 0644"),
            ] {
                try deployment.forward(to: "http://127.0.0.1:1/", secrets: secrets)
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
                let outcome = try await deployment.run(
                    "serve", "--ingress-bind", "127.0.0.1:0", "--operator-bind", "127.0.0.1:0")
                #expect(
                    outcome.status == 78 && outcome.errorText.contains("forward.secret: \(word)"),
                    "\(outcome.errorText)")
                #expect(try await deployment.run("events", "list").status == 0, "commands do not need it")
            }
        }
    }

    @Test(.enabled(if: !Deployment.areInDatabases, "it makes events older in the file"))
    func `a server clears away what was kept too long`() async throws {
        try await Deployment.with { deployment in
            var server = try await deployment.serve()
            _ = try await server.send(try deployment.platform.install(Tenant("ws1")))
            #expect(await server.stop() == 0)
            // Nobody waits for a week here: the event becomes one that arrived eight days ago.
            let aged = try Child(
                try Backend.python(), ["-c", Self.ageEvents, deployment.path + "/innkeeper.sqlite"],
                environment: ["PATH": "/usr/bin:/bin"])
            try #require(await aged.outcome().status == 0)
            server = try await deployment.serve()
            #expect(
                try await holds {
                    let page: EventPageJSON = try await deployment.json("events", "list", "--state", "dead")
                    return page.events.map(\.type) == ["addon.installed"]
                })
            #expect(await server.stop() == 0)
        }
    }

    /// An id begins with the milliseconds of its arrival, above 22 bits.
    private static let ageEvents = """
        import sqlite3, sys
        store = sqlite3.connect(sys.argv[1])
        days = 8 * 86_400_000
        store.execute("UPDATE event SET id = id - (? << 22), received_at = received_at - ?", (days, days))
        store.commit()
        """

    @Test func `leasing what is pushed is a conflict`() async throws {
        try await Deployment.with { deployment in
            try deployment.forward(to: "http://127.0.0.1:1/")
            let server = try await deployment.serve()
            let answer = try await server.ask(
                "POST", "/api/v1/events/lease", key: deployment.key, body: #"{"addonKey":"test-addon"}"#)
            #expect(answer.status == 409)
            #expect(await server.stop() == 0)
        }
    }
}
