import Foundation
import Glibc
import TestSupport
import Testing

/// What the program says and does when its files are lost, exchanged, full or others' to write.
@Suite(.timeLimit(.minutes(5)))
struct StorageTests {
    private static let listeners = ["--ingress-bind", "127.0.0.1:0", "--operator-bind", "127.0.0.1:0"]

    /// Neither a server nor a command starts, nothing is printed, and nothing in the data directory changes.
    private func refused(
        _ deployment: Deployment, naming texts: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try contents(deployment.path)
        for command in [["serve"] + Self.listeners, ["installations", "list"], ["audit", "verify"]] {
            let outcome = try await deployment.run(command)
            #expect(outcome.status == 78, "\(command): \(outcome.errorText)", sourceLocation: sourceLocation)
            #expect(outcome.output == [], "\(command)", sourceLocation: sourceLocation)
            for text in texts {
                #expect(outcome.errorText.contains(text), "\(outcome.errorText)", sourceLocation: sourceLocation)
            }
        }
        #expect(try contents(deployment.path) == before, sourceLocation: sourceLocation)
    }

    private func contents(_ directory: String) throws -> [String: Data?] {
        var contents: [String: Data?] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: directory) {
            contents[name] = .some(FileManager.default.contents(atPath: "\(directory)/\(name)"))
        }
        return contents
    }

    // MARK: A lost database

    @Test func `a database that was moved aside is 78, and its acknowledged events come back with it`() async throws {
        try await Deployment.with { deployment in
            let tenant = Tenant("ws1")
            let server = try await deployment.serve()
            _ = try await server.send(try deployment.platform.install(tenant))
            for _ in 0..<20 { #expect(try await server.send(try deployment.platform.webhook(tenant)).status == 204) }
            // What a crash leaves: the events are in the log alone.
            await server.child.end()
            let file = deployment.path + "/innkeeper.sqlite"
            try FileManager.default.moveItem(atPath: file, toPath: deployment.directory.path + "/aside")
            try await refused(deployment, naming: file, "is not there", "put it back", "restore")
            try FileManager.default.moveItem(atPath: deployment.directory.path + "/aside", toPath: file)
            let events = try await deployment.text("events", "list", "-o", "jsonl", "--limit", "100")
            #expect(events.split(separator: "\n").count == 21)
        }
    }

    @Test func `an empty database and another program's are 78`() async throws {
        try await Deployment.with { deployment in
            try deployment.write("", to: "innkeeper.sqlite")
            try await refused(deployment, naming: "innkeeper.sqlite", "is empty")
            try deployment.write(String(repeating: "not a database ", count: 1000), to: "innkeeper.sqlite")
            try await refused(deployment, naming: "innkeeper.sqlite", "not the store of an innkeeper")
            // The two commands that are for this refuse to touch what is there, each in its own way.
            #expect(try await deployment.run("init").status == 7)
            #expect(try await deployment.run("doctor").status == 5)
        }
    }

    @Test func `an empty directory is no deployment`() async throws {
        let directory = try TemporaryDirectory()
        let outcome = try await Program.run(["keys", "list", "--data-dir", directory.path])
        #expect(outcome.status == 78 && outcome.errorText.contains("innkeeper init"), "\(outcome.errorText)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == [])
    }

    // MARK: Files that are exchanged

    @Test func `a directory that an older version made keeps nothing from working, and stays`() async throws {
        try await Deployment.with { deployment in
            let left = deployment.path + "/spool"
            try FileManager.default.createDirectory(
                atPath: left, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            let server = try await deployment.serve()
            #expect(try await server.send(try deployment.platform.install(Tenant("ws1"))).status == 204)
            #expect(await server.stop() == 0)
            #expect(try FileManager.default.contentsOfDirectory(atPath: left) == [])
        }
    }

    @Test func `after the database was replaced nothing is acknowledged, and SIGTERM cleans nothing up`() async throws {
        try await Deployment.with { deployment in
            let (platform, tenant) = (deployment.platform, Tenant("ws1"))
            let server = try await deployment.serve()
            #expect(try await server.send(try platform.install(tenant)).status == 204)
            for _ in 0..<5 { #expect(try await server.send(try platform.webhook(tenant)).status == 204) }
            let file = deployment.path + "/innkeeper.sqlite"
            try FileManager.default.copyItem(atPath: file, toPath: file + ".copy")
            #expect(rename(file + ".copy", file) == 0)

            let answer = try await server.send(try platform.webhook(tenant))
            #expect(answer.status == 503 && answer.fields["retry-after"] != nil)
            for answer in [try await server.send(.get("/readyz")), try await server.ask("/readyz")] {
                #expect(answer.status == 503 && String(decoding: answer.body, as: UTF8.self) == "gone")
            }
            let log = FileManager.default.contents(atPath: file + "-wal")
            #expect(log?.isEmpty == false)
            #expect(await server.stop() == 69)
            #expect(FileManager.default.contents(atPath: file + "-wal") == log)
            #expect(server.child.errors.text.contains("moved, deleted or replaced"))
            // What is at the path is the same database, and its log was left beside it.
            let events = try await deployment.text("events", "list", "-o", "jsonl")
            #expect(events.split(separator: "\n").count == 6)
        }
    }

    @Test func `a data directory that was exchanged keeps its own socket and files`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            _ = try await server.send(try deployment.platform.install(Tenant("ws1")))
            try FileManager.default.moveItem(atPath: deployment.path, toPath: deployment.path + ".aside")
            try FileManager.default.createDirectory(atPath: deployment.path, withIntermediateDirectories: false)
            try deployment.write("another's", to: "innkeeper.sock")
            // Until it has noticed, within a second, it goes on with what it has open.
            #expect(try await holds { try await server.ask("/readyz").status == 503 })
            let before = try contents(deployment.path + ".aside")
            #expect(await server.stop() == 69)
            #expect(try contents(deployment.path) == ["innkeeper.sock": Data("another's".utf8)])
            #expect(try contents(deployment.path + ".aside") == before)
        }
    }

    // MARK: Readiness

    @Test func `a lock from outside is locked on both listeners, without a request, and ends by itself`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            #expect(try await server.send(.get("/readyz")).status == 200)
            let holder = try Child(
                "/usr/bin/env",
                ["python3", "-c", Self.lock, deployment.path + "/innkeeper.sqlite"],
                environment: ProcessInfo.processInfo.environment)
            #expect(await holder.output.firstLine() == "locked")
            for port in [server.ingress, server.operators] {
                #expect(try await holds { try await Self.word(port) == "locked" })
            }
            let command = try await deployment.run("api-keys", "create", "--name", "x", "--scope", "read")
            #expect(command.status == 69 && command.errorText.contains("holds a lock"), "\(command.errorText)")
            let metrics = try await server.ask("/metrics")
            #expect(String(decoding: metrics.body, as: UTF8.self).contains("innkeeper_ready 0"))
            await holder.end()
            #expect(try await holds { try await Self.word(server.ingress) == "ready" })
            #expect(try await server.send(try deployment.platform.install(Tenant("ws1"))).status == 204)
            #expect(await server.stop() == 0)
            let lines = server.child.errors.text.split(separator: "\n")
            #expect(lines.count { $0.contains("the store takes no writes") } == 1)
            #expect(lines.count { $0.contains("the store takes writes again") } == 1)
        }
    }

    @Test func `while it stops, the operator listener says so`() async throws {
        try await Deployment.with { deployment in
            let (platform, tenant) = (deployment.platform, Tenant("ws1"))
            let server = try await deployment.serve()
            _ = try await server.send(try platform.install(tenant))
            // A request under way keeps the public listener from ending.
            let request = try platform.webhook(tenant)
            let connection = try await Connection.open(port: server.ingress)
            try await connection.send(request.adding("Expect", "100-continue").head(length: request.body.count))
            #expect(try await connection.answer().status == 100)
            server.child.send(SIGTERM)
            #expect(try await holds { try await Self.word(server.operators) == "stopping" })
            try await connection.send(request.body)
            #expect(try await connection.answer().status == 204)
            #expect(await server.child.status() == 0)
        }
    }

    private static let lock = """
        import sqlite3, sys, time
        connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        print("locked", flush=True)
        time.sleep(60)
        """

    private static func word(_ port: UInt16) async throws -> String {
        let connection = try await Connection.open(port: port)
        try await connection.send(Request.get("/readyz").bytes)
        return String(decoding: try await connection.answer().body, as: UTF8.self)
    }

    @Test func `a full disk is called full, at work and at the start, and writing goes on with room`() async throws {
        guard let small = try TemporaryDirectory(mebibytes: 8) else { return }
        try await Deployment.with { deployment in
            let path = small.path + "/data"
            try FileManager.default.copyItem(atPath: deployment.path, toPath: path)
            let child = try Program.start(
                ["serve", "--data-dir", path, "--platform-keys", deployment.directory.path + "/platform.pem"]
                    + Self.listeners)
            do {
                let server = try await Server(child)
                let tenant = Tenant("ws1")
                #expect(try await server.send(try deployment.platform.install(tenant)).status == 204)
                try small.fill()
                // The log may have room of its own for a few more.
                var answer = try await server.send(try deployment.platform.webhook(tenant))
                while answer.status == 204 { answer = try await server.send(try deployment.platform.webhook(tenant)) }
                #expect(answer.status == 503)
                #expect(try await holds { try await Self.word(server.operators) == "full" })
                try small.empty()
                #expect(
                    try await holds { try await server.send(try deployment.platform.webhook(tenant)).status == 204 })
                #expect(try await Self.word(server.ingress) == "ready")
                #expect(await server.stop() == 0)
            } catch {
                await child.end()
                throw error
            }
            for file in ["innkeeper.sqlite-wal", "innkeeper.sqlite-shm"] { unlink("\(path)/\(file)") }
            try small.fill()
            for command in [["serve"] + Self.listeners, ["keys", "list"]] {
                let outcome = try await Program.run(command + ["--data-dir", path])
                #expect(outcome.status == 69 && outcome.errorText.contains("the disk is full"), "\(outcome.errorText)")
                #expect(!outcome.errorText.contains("owner"))
            }
        }
    }

    // MARK: Trust anchors

    @Test(arguments: [
        "", "/innkeeper.json", "/addons", "/addons/test-addon.json", "/innkeeper.sqlite", "/innkeeper.lock",
    ])
    func `what others can change stops every command, and doctor names it`(name: String) async throws {
        try await Deployment.with { deployment in
            let path = deployment.path + name
            var status = stat()
            #expect(stat(path, &status) == 0)
            for mode in [0o020, 0o002] as [mode_t] {
                #expect(chmod(path, status.st_mode & 0o777 | mode) == 0)
                try await refused(deployment, naming: path, "others change it", "chmod go-w \(path)")
                let doctor = try await deployment.run("doctor")
                #expect(doctor.status == 5 && doctor.text.contains("chmod go-w \(path)"), "\(doctor.text)")
            }
            #expect(chmod(path, status.st_mode & 0o777) == 0)
            guard geteuid() == 0 else { return }
            #expect(chown(path, 12345, 0) == 0)
            try await refused(deployment, naming: path, "belongs to user 12345", "chown 0")
        }
    }

    @Test func `platform keys that others can change stop every command`() async throws {
        try await Deployment.with { deployment in
            let keys = deployment.directory.path + "/platform.pem"
            try deployment.write(#"{"platform":{"keys":"\#(keys)"}}"#, to: "innkeeper.json")
            #expect(try await deployment.run("keys", "list").status == 0)
            #expect(chmod(keys, 0o666) == 0)
            try await refused(deployment, naming: keys, "chmod go-w")
        }
    }

    @Test func `whatever the umask, init makes what is trusted`() async throws {
        let directory = try TemporaryDirectory()
        let there = ["/bin/sh", "-c", #"umask 0; exec "$0" "$@""#]
        let path = directory.path + "/data"
        #expect(try await Program.run(["init", "--data-dir", path], by: there).status == 0)
        #expect(try await Program.run(["keys", "list", "--data-dir", path], by: there).status == 0)
    }
}
