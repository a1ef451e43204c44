import Foundation
import Glibc
import TestSupport
import Testing

/// The command writes a backup itself, where its caller sees it, or fails.
@Suite(.timeLimit(.minutes(5)))
struct BackupTargetTests {
    private struct Made: Decodable {
        let path: String
        let bytes: Int
    }

    /// Starts a command with another file system over `directory`, which nobody else sees.
    private static func hiding(_ directory: String) -> [String] {
        [
            "/usr/bin/env", "unshare", "--mount", "--propagation", "private", "/bin/sh", "-c",
            #"mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@""#, directory,
        ]
    }

    /// Whether this process may mount for a child of its own.
    private static let canHide: Bool = {
        guard let directory = try? TemporaryDirectory() else { return false }
        let process = Process()
        let command = hiding(directory.path) + ["/bin/true"]
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command[1...])
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    private func directory(_ deployment: Deployment, _ name: String) throws -> String {
        let path = "\(deployment.directory.path)/\(name)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        return path
    }

    /// Restores a file with the deployment's keys, and asks whether all is well.
    private func restore(_ file: String, of deployment: Deployment) async throws {
        let path = try directory(deployment, "restored-\(UUID().uuidString)")
        try FileManager.default.copyItem(atPath: deployment.path + "/keys", toPath: path + "/keys")
        let restored = try await Program.run(["restore", file, "--data-dir", path])
        #expect(restored.status == 0, "\(restored.errorText)")
        let verified = try await Program.run(["keys", "verify", "--data-dir", path])
        #expect(verified.status == 0, "\(verified.errorText)")
    }

    /// Makes every backup of the deployment larger than what pipes and sockets hold.
    private func grow(_ deployment: Deployment) throws {
        for number in 0..<8 {
            try deployment.write(String(repeating: " ", count: 4_000_000), to: "addons/large-\(number).json")
        }
    }

    @Test(.enabled(if: canHide, "needs the right to mount"))
    func `a server that sees other files than its caller makes no backup that the caller cannot see`() async throws {
        try await Deployment.with { deployment in
            let out = try directory(deployment, "out")
            let server = try await deployment.serve(by: Self.hiding(out))
            let made: Made = try await deployment.json("backup", out + "/a.backup")
            #expect(made.path == out + "/a.backup")
            #expect(try FileManager.default.contentsOfDirectory(atPath: out) == ["a.backup"])
            let attributes = try FileManager.default.attributesOfItem(atPath: made.path)
            #expect(attributes[.size] as? Int == made.bytes && attributes[.posixPermissions] as? UInt == 0o600)
            try await restore(made.path, of: deployment)
            #expect(try await deployment.run("doctor").text.contains(made.path))
            #expect(await server.stop() == 0)
        }
    }

    @Test(.enabled(if: canHide, "needs the right to mount"))
    func `a caller whose disk is full gets no backup, and nothing is left or on record`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            try grow(deployment)
            let small = try #require(try TemporaryDirectory(mebibytes: 1))
            let outcome = try await deployment.run("backup", small.path + "/a.backup")
            #expect(outcome.status == 1 && outcome.errorText.contains("No space left"), "\(outcome.errorText)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: small.path) == [])
            // With a finding, where free space is low.
            #expect(try await deployment.run("doctor", "-o", "json").text.contains("none yet"))
            let records = try await deployment.text("audit", "list", "-o", "json")
            #expect(records.contains("refused: ended after"))
            #expect(await server.stop() == 0)
        }
    }

    @Test(arguments: [true, false])
    func `- is standard output, which restore takes, and what there is to say is on standard error`(
        isServed: Bool
    ) async throws {
        try await Deployment.with { deployment in
            let server = isServed ? try await deployment.serve() : nil
            let outcome = try await deployment.run("backup", "-", "-o", "json")
            #expect(outcome.status == 0, "\(outcome.errorText)")
            let made = try JSONDecoder().decode(Made.self, from: Data(outcome.errors))
            #expect(made.path == "-" && made.bytes == outcome.output.count)
            let file = deployment.directory.path + "/piped.backup"
            try Data(outcome.output).write(to: URL(filePath: file))
            try await restore(file, of: deployment)
            try Data(outcome.output.dropLast(1000)).write(to: URL(filePath: file))
            let path = try directory(deployment, "never")
            try FileManager.default.copyItem(atPath: deployment.path + "/keys", toPath: path + "/keys")
            let refused = try await Program.run(["restore", file, "--data-dir", path])
            #expect(refused.status == 1 && refused.errorText.contains("cut short"))
            #expect(try await deployment.run("doctor").text.contains("standard output"))
            if let server { #expect(await server.stop() == 0) }
        }
    }

    @Test func `a terminal is no place for a backup`() async throws {
        try await Deployment.with { deployment in
            let spawn = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
            let child = try deployment.start(["backup", "-"], by: ["/usr/bin/env", "python3", "-c", spawn])
            let outcome = await child.outcome()
            #expect(outcome.status == 2 && outcome.text.contains("terminal"), "\(outcome.text)\(outcome.errorText)")
        }
    }

    @Test func `a file or directory that takes none is known before the server is asked`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            #expect(try await deployment.run("backup", deployment.directory.path + "/none/a.backup").status == 1)
            #expect(try await deployment.run("backup", deployment.keyFile).status == 7)
            #expect(try await !deployment.text("audit", "list", "-o", "json").contains("deployment.backup"))
            #expect(await server.stop() == 0)
        }
    }

    @Test func `a server that dies in the middle leaves the caller with a failure`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            try grow(deployment)
            let fifo = deployment.directory.path + "/pipe"
            #expect(mkfifo(fifo, 0o600) == 0)
            let child = try deployment.start(
                ["backup", "-"], by: ["/bin/sh", "-c", #"pipe=$0; exec "$@" >"$pipe""#, fifo])
            let reader = try await blocking { try FileHandle(forReadingFrom: URL(filePath: fifo)) }
            #expect(try await blocking { try reader.read(upToCount: 16) } == Data("SQLite format 3\0".utf8))
            await server.child.end()
            _ = try await blocking { try reader.readToEnd() }
            let outcome = await child.outcome()
            #expect(outcome.status == 69 && outcome.errorText.contains("before all of the backup"))
            // What it left of its copy has no name.
            let names = try FileManager.default.contentsOfDirectory(atPath: deployment.path)
            #expect(!names.contains { $0.contains("draft") }, "\(names)")
        }
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGKILL])
    func `a command that is ended leaves no file, nor one whose server dies`(signal: Int32) async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            let out = try directory(deployment, "out")
            server.child.send(SIGSTOP)
            let child = try deployment.start(["backup", out + "/a.backup"])
            let names = { try FileManager.default.contentsOfDirectory(atPath: out) }
            #expect(try await holds { try names().contains { $0.hasPrefix(".a.backup.partial-") } })
            if signal == SIGKILL { await server.child.end() } else { child.send(signal) }
            let outcome = await child.outcome()
            #expect(outcome.status == (signal == SIGKILL ? 69 : 130), "\(outcome.errorText)")
            #expect(try names() == [])
        }
    }

    @Test func `a reader that goes away is a failure, and ends the sending`() async throws {
        try await Deployment.with { deployment in
            let server = try await deployment.serve()
            try grow(deployment)
            let script = #"{ "$0" "$@"; echo $? >&2; } | head -c 1 >/dev/null"#
            let outcome = await (try deployment.start(["backup", "-"], by: ["/bin/sh", "-c", script])).outcome()
            #expect(outcome.errorText.hasSuffix("\n1\n"), "\(outcome.errorText)")
            #expect(
                try await holds {
                    try await deployment.text("audit", "list", "-o", "json").contains("refused: ended after")
                })
            #expect(await server.stop() == 0)
        }
    }
}
