import Foundation
import TestSupport
import Testing

/// How commands end, and what they say on standard error (contract.md section 4).
@Suite(.timeLimit(.minutes(5)))
struct ExitCodeTests {
    @Test func `init refuses what is there already with 7`() async throws {
        try await Deployment.with { deployment in
            let before = try files(in: deployment.path)
            let outcome = try await deployment.run("init")
            #expect(outcome.status == 7 && outcome.output == [])
            #expect(outcome.errorText.contains(deployment.path))
            #expect(try files(in: deployment.path) == before)
        }
    }

    @Test func `what is not there is 3`() async throws {
        try await Deployment.with { deployment in
            for command in [
                ["installations", "show", "nobody"], ["installations", "token", "nobody", "--reason", "test"],
                ["installations", "forget", "nobody", "no1", "--confirm", "no1"],
                ["events", "show", "evt_0sanxgkaw0000"], ["events", "show", "evt_0sanxgkaw0000", "--body"],
                ["api-keys", "revoke", "00000000"],
            ] {
                let outcome = try await deployment.run(command)
                #expect(outcome.status == 3, "\(command): \(outcome.errorText)")
                #expect(outcome.output == [] && !outcome.errors.isEmpty)
            }
        }
    }

    @Test(arguments: [
        ["instalations", "list"], ["installations", "lst"], ["installations", "list", "--no-such-flag"],
        ["installations", "list", "--limit", "0"], ["installations", "list", "--status", "GONE"],
        ["installations", "token", "ws1"], ["installations", "token", "ws1", "--reason", " "],
        ["installations", "forget", "ws1", "inst1"], ["installations", "forget", "ws1", "inst1", "--confirm", "inst2"],
        ["events", "list", "--state", "lost"], ["installations", "list", "-o", "xml"],
        ["installations", "show", "../ws"],
        ["api-keys", "create", "--name", "x", "--scope", "root"], ["audit", "list", "--since", "yesterday"],
    ])
    func `wrong usage is 2 and points to the help`(command: [String]) async throws {
        let outcome = try await Program.run(command)
        #expect(outcome.status == 2, "\(outcome.errorText)")
        #expect(outcome.output == [])
        #expect(outcome.errorText.contains("--help"))
    }

    @Test func `forgetting with another id in --confirm changes nothing`() async throws {
        try await Deployment.with { deployment in
            let tenant = Tenant("ws1", "inst1")
            let server = try await deployment.serve()
            _ = try await server.send(try deployment.platform.install(tenant))
            let wrong = try await deployment.run("installations", "forget", "ws1", "inst1", "--confirm", "inst2")
            #expect(wrong.status == 2)
            #expect(try await server.send(try deployment.platform.webhook(tenant)).status == 204)
            let right = try await deployment.run("installations", "forget", "ws1", "inst1", "--confirm", "inst1")
            #expect(right.status == 0)
            #expect(try await server.send(try deployment.platform.webhook(tenant)).status == 401)
            #expect(try await server.send(try deployment.platform.install(tenant)).status == 409, "as after DELETED")
            let again = try await deployment.run("installations", "forget", "ws1", "inst1", "--confirm", "inst1")
            #expect(again.status == 7)
        }
    }

    @Test func `the token of an installation that is not active is 7`() async throws {
        try await Deployment.with { deployment in
            let (platform, tenant) = (deployment.platform, Tenant("ws1"))
            let server = try await deployment.serve()
            _ = try await server.statuses([try platform.install(tenant), try platform.status(tenant, "INACTIVE")])
            let outcome = try await deployment.run("installations", "token", "ws1", "--reason", "test")
            #expect(outcome.status == 7 && outcome.output == [])
        }
    }

    @Test func `with -o json an error is one JSON object on standard error`() async throws {
        let directory = try TemporaryDirectory()
        try await Deployment.with { deployment in
            let cases: [(Program.Outcome, Int32, String)] = [
                (try await deployment.run("installations", "show", "nobody", "-o", "json"), 3, "not_found"),
                (try await deployment.run("installations", "token", "ws1", "-o", "json"), 2, "usage"),
                (try await deployment.run("init", "-o", "json"), 7, "conflict"),
                (
                    try await Program.run(["keys", "list", "-o", "json", "--data-dir", directory.path + "/no"]), 78,
                    "configuration"
                ),
                (try await Program.run(["no-such-command", "-o", "json"]), 2, "usage"),
            ]
            for (outcome, status, code) in cases {
                #expect(outcome.status == status && outcome.output == [])
                let json = try JSONSerialization.jsonObject(with: Data(outcome.errors)) as? [String: Any]
                #expect(json.map { Set($0.keys) } == ["error"])
                let error = try #require(json?["error"] as? [String: Any])
                #expect(Set(error.keys) == ["code", "message", "hint"])
                #expect(error["code"] as? String == code)
                #expect((error["message"] as? String)?.isEmpty == false)
            }
        }
    }

    @Test func `help and version go to standard output with 0`() async throws {
        for arguments in [
            ["--help"], ["--version"], ["installations", "list", "--help"], ["completions", "bash"], [],
        ] {
            let outcome = try await Program.run(arguments)
            #expect(outcome.status == 0 && !outcome.output.isEmpty && outcome.errors.isEmpty, "\(arguments)")
        }
        for arguments in [["installations", "list"], ["serve"], ["init"], ["events", "show"]] {
            let outcome = try await Program.run(arguments + ["--help"])
            #expect(outcome.text.contains("Examples:"), "\(arguments)")
        }
    }

    @Test func `the data directory may come from a flag, the environment or the default`() async throws {
        let directory = try TemporaryDirectory()
        let there = Program.launcher(in: directory.path)
        #expect(try await Program.run(["init"], by: there).status == 0)
        #expect(FileManager.default.fileExists(atPath: directory.path + "/innkeeper-data/innkeeper.sqlite"))
        #expect(try await Program.run(["keys", "list"], by: there).status == 0)
        let path = directory.path + "/innkeeper-data"
        #expect(try await Program.run(["keys", "list"], environment: ["INNKEEPER_DATA_DIR": path]).status == 0)
        #expect(try await Program.run(["--data-dir", path, "keys", "list"]).status == 0, "also in front of the verb")
    }

    private func files(in directory: String) throws -> [String: Data?] {
        var files: [String: Data?] = [:]
        // The log and its index come and go with whoever opens the store.
        for name in try FileManager.default.subpathsOfDirectory(atPath: directory) where !name.contains("sqlite-") {
            files[name] = .some(FileManager.default.contents(atPath: directory + "/" + name))
        }
        return files
    }
}
