import Foundation
import Glibc
import PostgresSupport
import Store
import TestSupport
import Testing

/// Everything of one store goes into another (contract.md section 4).
@Suite(.enabled(if: TestDatabase.isAvailable), .timeLimit(.minutes(5)))
struct MigrateTests {
    private struct Report: Decodable {
        struct Table: Decodable {
            let name: String
            let rows: Int
        }
        let from: String
        let to: String
        let tables: [Table]
        let rows: Int
        let verified: Int
        let corrupt: Int
        let elapsedMs: Int
    }

    /// What is asked before and after.
    private static let questions = [
        ["installations", "list", "--all", "-o", "json"], ["events", "list", "-o", "json"],
        ["api-keys", "list", "-o", "json"], ["keys", "list", "-o", "json"], ["audit", "list", "-o", "json"],
        ["audit", "head"], ["audit", "verify"], ["keys", "verify"], ["installations", "show", "ws1", "-o", "json"],
    ]

    /// Runs `body` with an embedded deployment and an empty database, which is nobody else's until it returns.
    private func withBoth(_ body: (Deployment, String) async throws -> Void) async throws {
        let database = try TestDatabase()
        defer { withExtendedLifetime(database) {} }
        try await Deployment.with(inDatabase: false) { try await body($0, database.url) }
    }

    private func answers(_ deployment: Deployment, _ environment: [String: String]) async throws -> [String] {
        var answers: [String] = []
        for question in Self.questions {
            let outcome = try await deployment.run(question, environment: environment)
            #expect(outcome.status == 0, "\(question): \(outcome.errorText)")
            answers.append(outcome.text)
        }
        return answers
    }

    /// Has installations that live and that ended, and events in all states.
    private func fill(_ deployment: Deployment) async throws {
        let (platform, server) = (deployment.platform, try await deployment.serve())
        let tenants = (1...5).map { Tenant("ws\($0)") }
        let calls =
            try tenants.map { try platform.install($0) } + tenants.map { try platform.settings($0) }
            + tenants.map { try platform.webhook($0) } + [platform.uninstall(tenants[4])]
        #expect(try await server.statuses(calls).allSatisfy { $0 == 204 })
        let lease = #"{"addonKey":"test-addon","max":3,"leaseSeconds":3600}"#
        let answer = try await server.ask("POST", "/api/v1/events/lease", key: deployment.key, body: lease)
        let leased = try JSONDecoder().decode(Leased.self, from: Data(answer.body))
        #expect(leased.events.count == 3)
        let acknowledged = try await server.ask(
            "POST", "/api/v1/events/\(try #require(leased.events.first).id)/ack", key: deployment.key,
            body: #"{"leaseId":"\#(leased.leaseId)"}"#)
        #expect(acknowledged.status == 204)
        #expect(try await deployment.run("api-keys", "create", "--name", "b", "--scope", "read").status == 0)
        #expect(try await deployment.run("keys", "rotate").status == 0)
        #expect(await server.stop() == 0)
    }

    private struct Leased: Decodable {
        struct Event: Decodable { let id: String }
        let leaseId: String
        let events: [Event]
    }

    @Test func `there and back again all commands answer the same, and the platform finds everything`() async throws {
        try await withBoth { deployment, url in
            let (platform, there) = (deployment.platform, ["INNKEEPER_STORE": url])
            try await fill(deployment)
            let before = try await answers(deployment, [:])

            let moved: Report = try await deployment.json("migrate", "--from", "sqlite", "--to", url)
            #expect(moved.from == "sqlite" && moved.to == url && moved.corrupt == 0)
            #expect(moved.verified > 20 && moved.rows == moved.tables.reduce(0) { $0 + $1.rows })
            #expect(moved.tables.first { $0.name == "installation" }?.rows == 5)
            #expect(try await answers(deployment, there) == before)
            let server = try await deployment.serve(environment: there)
            let calls = [
                try platform.webhook(Tenant("ws1")), try platform.install(Tenant("ws6")),
                try platform.webhook(Tenant("ws6")), try platform.install(Tenant("ws5")),
            ]
            #expect(try await server.statuses(calls) == [204, 204, 204, 409])
            #expect(await server.stop() == 0)
            let after = try await answers(deployment, there)

            try moveAway(deployment)
            let back: Report = try await deployment.json("migrate", "--from", url, "--to", "sqlite")
            #expect(back.from == url && back.to == "sqlite" && back.rows > moved.rows)
            #expect(try await answers(deployment, [:]) == after)
            let again = try await deployment.serve()
            #expect(
                try await again.statuses([platform.webhook(Tenant("ws6")), platform.install(Tenant("ws7"))]) == [
                    204, 204,
                ])
            #expect(await again.stop() == 0)
            #expect(try await deployment.run("doctor").status == 0)
        }
    }

    /// Takes the embedded store out of the data directory, as an operator does.
    private func moveAway(_ deployment: Deployment) throws {
        for ending in ["", "-wal", "-shm"] {
            let file = deployment.path + "/innkeeper.sqlite" + ending
            guard FileManager.default.fileExists(atPath: file) else { continue }
            try FileManager.default.moveItem(atPath: file, toPath: deployment.directory.path + "/old\(ending)")
        }
    }

    @Test func `the store that was left is 78 and names the other, and moving once more says that it is done`()
        async throws
    {
        try await withBoth { deployment, url in
            let command = ["migrate", "--from", "sqlite", "--to", url]
            let moved = try await deployment.run(command)
            #expect(moved.status == 0 && moved.text.contains("innkeeper serve"))
            for refused in [["serve"], ["installations", "list"], ["keys", "rotate"], ["backup", "-"]] {
                let outcome = try await deployment.run(refused)
                #expect(outcome.status == 78, "\(refused)")
                #expect(outcome.errorText.contains(url) && outcome.errorText.contains("migrate"))
            }
            let again = try await deployment.run(command)
            #expect(again.status == 0 && again.text.contains("already"))
            // Back there it has something in it.
            let back = try await deployment.run(["migrate", "--from", url, "--to", "sqlite"])
            #expect(back.status == 7 && back.errorText.contains("innkeeper.sqlite"))
        }
    }

    @Test(arguments: MoveStep.allCases)
    func `killed at any step it goes on, and at no moment both are served`(step: MoveStep) async throws {
        try await withBoth { deployment, url in
            let there = ["INNKEEPER_STORE": url]
            try await fill(deployment)
            let before = try await answers(deployment, [:])
            let command = ["migrate", "--from", "sqlite", "--to", url]
            for _ in 1...2 {
                let killed = try deployment.start(command, environment: ["INNKEEPER_CRASH_AT": step.rawValue])
                let status = await killed.status()
                // What comes once is behind it the second time.
                #expect([128 + SIGKILL, 0].contains(status), "\(step)")
                if status == 0 { break }
                // Whoever used the old one would end the move, so only the new one is tried.
                let served = try await deployment.run(["serve"], environment: there)
                #expect(served.status == 78, "\(step): \(served.errorText)")
            }
            let outcome = try await deployment.run(command)
            #expect(outcome.status == 0, "\(step): \(outcome.errorText)")
            #expect(try await deployment.run("serve").status == 78)
            #expect(try await answers(deployment, there) == before, "\(step)")
        }
    }

    @Test func `whoever uses the old store ends a move that was killed, and the half copy stays unused`() async throws {
        try await withBoth { deployment, url in
            let command = ["migrate", "--from", "sqlite", "--to", url]
            let killed = try deployment.start(
                command, environment: ["INNKEEPER_CRASH_AT": MoveStep.pageWritten.rawValue])
            #expect(await killed.status() == 128 + SIGKILL)
            #expect(try await deployment.run("installations", "list").status == 0)
            let again = try await deployment.run(command)
            #expect(again.status == 7 && again.errorText.contains("DROP SCHEMA"))
            #expect(try await deployment.run(["serve"], environment: ["INNKEEPER_STORE": url]).status == 78)
            let path = deployment.directory.path + "/other"
            #expect(try await Program.run(["init", "--store", url, "--data-dir", path]).status == 7)
        }
    }

    @Test func `a store that is served is 7, and so is a target with something in it`() async throws {
        try await withBoth { deployment, url in
            let command = ["migrate", "--from", "sqlite", "--to", url]
            let server = try await deployment.serve()
            #expect(try await deployment.run(command).status == 7)
            #expect(await server.stop() == 0)
            let path = deployment.directory.path + "/other"
            #expect(try await Program.run(["init", "--store", url, "--data-dir", path]).status == 0)
            #expect(try await deployment.run(command).status == 7)
            #expect(try await deployment.run("installations", "list").status == 0)
            #expect(try await Program.run(["installations", "list", "--data-dir", path]).status == 0)
        }
    }

    @Test func `a database that is served is 7, from whichever directory`() async throws {
        try await Deployment.with(inDatabase: true) { deployment in
            let url = try #require(deployment.database).url
            let copy = deployment.directory.path + "/copy"
            try FileManager.default.copyItem(atPath: deployment.path, toPath: copy)
            let server = try await deployment.serve()
            for path in [deployment.path, copy] {
                let outcome = try await Program.run(
                    ["migrate", "--from", url, "--to", "sqlite", "--data-dir", path])
                #expect(outcome.status == 7, "\(outcome.errorText)")
            }
            #expect(await server.stop() == 0)
        }
    }

    @Test func `a password is in no flag and in no output, and is taken from the setting`() async throws {
        try await withBoth { deployment, url in
            let secret = url.replacing("://innkeeper@", with: "://innkeeper:hunter2@")
            for flags in [["--from", "sqlite", "--to", secret], ["--from", secret, "--to", "sqlite"]] {
                let refused = try await deployment.run(["migrate"] + flags)
                #expect(refused.status == 2 && !refused.errorText.contains("hunter2"))
            }
            let moved = try await deployment.run(
                ["migrate", "--from", "sqlite", "--to", url], environment: ["INNKEEPER_STORE": secret])
            #expect(moved.status == 0, "\(moved.errorText)")
            let left = try await deployment.run("serve")
            #expect(!(moved.text + moved.errorText + left.errorText).contains("hunter2"))
            #expect(try await deployment.run("migrate", "--from", url, "--to", url).status == 2)
            #expect(try await deployment.run("migrate", "--from", "mysql://h/d", "--to", "sqlite").status == 78)
        }
    }

    @Test func `a backup of a database becomes a file, or rows in another database`() async throws {
        try await Deployment.with(inDatabase: true) { deployment in
            try await fill(deployment)
            let before = try await answers(deployment, [:])
            let (server, file) = (try await deployment.serve(), deployment.directory.path + "/b.backup")
            #expect(try await deployment.run("backup", file).status == 0)
            #expect(await server.stop() == 0)
            let kept = try await deployment.text("installations", "list", "--all", "-o", "json")
            #expect(kept == before[0])

            let database = try TestDatabase()
            defer { withExtendedLifetime(database) {} }
            for store in ["sqlite", database.url] {
                let path = "\(deployment.directory.path)/\(store.hasPrefix("p") ? "rows" : "file")"
                try FileManager.default.createDirectory(
                    atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
                try FileManager.default.copyItem(atPath: deployment.path + "/keys", toPath: path + "/keys")
                let restored = try await Program.run(["restore", file, "--store", store, "--data-dir", path])
                #expect(restored.status == 0, "\(restored.errorText)")
                let isFile = FileManager.default.fileExists(atPath: path + "/innkeeper.sqlite")
                #expect(isFile == (store == "sqlite"))
                for question in Self.questions where question[0] != "audit" && question[0] != "api-keys" {
                    let outcome = try await Program.run(question + ["--store", store, "--data-dir", path])
                    #expect(outcome.text == before[Self.questions.firstIndex(of: question) ?? 0], "\(question)")
                }
                let verified = try await Program.run(["audit", "verify", "--store", store, "--data-dir", path])
                #expect(verified.status == 0, "\(verified.text)")
            }
            let path = deployment.directory.path + "/third"
            let refused = try await Program.run(
                ["restore", file, "--unverified", "--store", database.url, "--data-dir", path])
            #expect(refused.status == 7 && !FileManager.default.fileExists(atPath: path))
        }
    }

    @Test(arguments: [false, true])
    func `what is restored beside a deployment that lives acts on itself alone`(isUnverified: Bool) async throws {
        try await Deployment.with(inDatabase: true) { deployment in
            try await fill(deployment)
            let (file, path) = (deployment.directory.path + "/b.backup", deployment.directory.path + "/beside")
            #expect(try await deployment.run("backup", file).status == 0)
            let keys = { try FileManager.default.copyItem(atPath: deployment.path + "/keys", toPath: path + "/keys") }
            if !isUnverified {
                try FileManager.default.createDirectory(
                    atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
                try keys()
            }
            let flags = isUnverified ? ["--unverified"] : []
            let restored = try await Program.run(
                ["restore", file, "--store", "sqlite", "--data-dir", path] + flags)
            #expect(restored.status == (isUnverified ? 5 : 0), "\(restored.errorText)")
            #expect(restored.text.contains("keys verify --data-dir \(path) --store sqlite"))
            if isUnverified {
                try FileManager.default.removeItem(atPath: path + "/keys")
                try keys()
                let first = try await Program.run(["keys", "list", "--store", "sqlite", "--data-dir", path])
                #expect(first.status == 0, "\(first.errorText)")
            }
            // Without the flag, as somebody will.
            let tenant = Tenant("ws1")
            let forgot = try await Program.run([
                "installations", "forget", tenant.workspace, tenant.addon, "--confirm", tenant.addon,
                "--data-dir", path,
            ])
            #expect(forgot.status == 0, "\(forgot.errorText)")
            let here = try await Program.run(["installations", "show", tenant.workspace, "--data-dir", path])
            #expect(here.text.contains("DELETED"))
            #expect(try await deployment.text("installations", "show", tenant.workspace).contains("ACTIVE"))
        }
    }

    @Test func `a restore into a database that was killed is gone on with by migrate`() async throws {
        try await withBoth { deployment, url in
            try await fill(deployment)
            let before = try await answers(deployment, [:])
            let (file, path) = (deployment.directory.path + "/b.backup", deployment.directory.path + "/other")
            #expect(try await deployment.run("backup", file).status == 0)
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            try FileManager.default.copyItem(atPath: deployment.path + "/keys", toPath: path + "/keys")
            let flags = ["--store", url, "--data-dir", path]
            let killed = try await Program.run(
                ["restore", file] + flags, environment: ["INNKEEPER_CRASH_AT": MoveStep.pageWritten.rawValue])
            #expect(killed.status == 128 + SIGKILL)
            let served = try await Program.run(["serve"] + flags)
            #expect(served.status == 78 && served.errorText.contains("innkeeper migrate --from sqlite"))
            let moved = try await Program.run(["migrate", "--from", "sqlite", "--to", url] + flags)
            #expect(moved.status == 0, "\(moved.errorText)")
            let listed = try await Program.run(Self.questions[0] + flags)
            #expect(listed.text == before[0])
        }
    }

    @Test func `an empty database beside an embedded store says how to fill it, and nothing is made in it`()
        async throws
    {
        try await withBoth { deployment, url in
            let there = ["INNKEEPER_STORE": url]
            let served = try await deployment.run(["serve"], environment: there)
            #expect(served.status == 78 && served.errorText.contains("innkeeper migrate --from sqlite --to '\(url)'"))
            #expect(try await deployment.run(["migrate", "--from", url, "--to", "sqlite"]).status == 78)
            #expect(try await deployment.run("installations", "list").status == 0)
        }
    }
}
