import Foundation
import Glibc
import TestSupport
import Testing

/// A deployment is copied while it works, and comes back somewhere else.
@Suite(.timeLimit(.minutes(5)))
struct BackupTests {
    private struct Made: Decodable {
        let path: String
        let madeAt: String
        let keys: [String]
        let installations: Int
    }

    private struct Restored: Decodable {
        struct Head: Decodable {
            let number: Int
            let hash: String
        }
        let installations: Int
        let auditHead: Head
        let missingKeys: [String]
        let sealChecked: Bool
        let problem: String?
    }

    private struct Listed: Decodable {
        struct One: Decodable { let workspaceId: String }
        let installations: [One]
    }

    /// A data directory with nothing but a copy of this deployment's keys.
    private func directory(_ deployment: Deployment, _ name: String, withKeys: Bool = true) throws -> String {
        let path = "\(deployment.directory.path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        if withKeys { try FileManager.default.copyItem(atPath: deployment.path + "/keys", toPath: path + "/keys") }
        return path
    }

    @Test func `what was acknowledged before a backup under load is there after a restore elsewhere`() async throws {
        try await Deployment.with { (deployment) async throws in
            let platform = deployment.platform
            let server = try await deployment.serve()
            let before = (0..<20).map { Tenant("ws\($0)") }
            let answers = try await server.statuses(try before.map { try platform.install($0) })
            #expect(answers.allSatisfy { $0 == 204 })

            let during = (20..<60).map { Tenant("ws\($0)") }
            async let installs = server.statuses(try during.map { try platform.install($0) })
            async let webhooks = server.statuses(
                try (before + before + before).map { try platform.webhook($0) })
            let file = deployment.directory.path + "/under-load.backup"
            let made: Made = try await deployment.json("backup", file)
            #expect(made.keys == [deployment.made.storageKey] && made.installations >= 20)
            #expect(try await installs.allSatisfy { $0 == 204 })
            #expect(try await webhooks.allSatisfy { $0 == 204 })
            #expect(await server.stop() == 0)

            let path = try directory(deployment, "elsewhere")
            let restored = try Restored.read(
                try await Program.run(["restore", file, "--data-dir", path, "-o", "json"]))
            #expect(restored.missingKeys.isEmpty && restored.sealChecked && restored.problem == nil)
            #expect(restored.installations == made.installations)
            for command in [["keys", "verify"], ["doctor"]] {
                let outcome = try await Program.run(command + ["--data-dir", path])
                #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
            }
            // The chain goes on from where the backup was made: its head is still in it.
            let head = "\(restored.auditHead.number) \(restored.auditHead.hash)"
            let verified = try await Program.run(["audit", "verify", "--head", head, "--data-dir", path])
            #expect(verified.status == 0, "\(verified.text)")
            let listed = try Listed.read(
                try await Program.run(["installations", "list", "-o", "json", "--limit", "500", "--data-dir", path]))
            #expect(listed.installations.count == made.installations)
            #expect(Set(listed.installations.map(\.workspaceId)).isSuperset(of: before.map(\.workspace)))
            for tenant in before.prefix(3) {
                let token = try await Program.run(
                    ["installations", "token", tenant.workspace, "--reason", "test", "--data-dir", path])
                #expect(token.text.contains(try platform.installationToken(tenant)))
            }
        }
    }

    @Test func `a restore without a key says which file and where, and opens once it is there`() async throws {
        try await Deployment.with { (deployment) async throws in
            let file = deployment.directory.path + "/a.backup"
            _ = try await deployment.text("backup", file)
            let path = deployment.directory.path + "/new"
            let refused = try await Program.run(["restore", file, "--data-dir", path])
            #expect(refused.status == 78 && refused.errorText.contains("--unverified"))
            #expect(refused.errorText.contains("\(path)/keys/\(deployment.made.storageKey).key"))
            #expect(!FileManager.default.fileExists(atPath: path))
            let outcome = try await Program.run(["restore", file, "--unverified", "--data-dir", path])
            #expect(outcome.status == 5)
            #expect(outcome.text.contains("\(path)/keys/\(deployment.made.storageKey).key"))
            #expect(try await Program.run(["installations", "list", "--data-dir", path]).status == 78)
            try FileManager.default.copyItem(
                atPath: deployment.keyFile, toPath: "\(path)/keys/\(deployment.made.storageKey).key")
            #expect(try await Program.run(["audit", "verify", "--data-dir", path]).status == 0)
            #expect(try await Program.run(["audit", "list", "--data-dir", path]).text.contains("restore"))
            #expect(try await Program.run(["restore", file, "--data-dir", path]).status == 7)
        }
    }

    @Test func `a restore names the file of a forward that is not in the backup`() async throws {
        try await Deployment.with { deployment in
            try deployment.forward(to: "https://127.0.0.1:1/", ca: "ca.pem")
            let file = deployment.directory.path + "/forward.backup"
            _ = try await deployment.text("backup", file)
            let path = try directory(deployment, "elsewhere")
            let outcome = try await Program.run(["restore", file, "--data-dir", path])
            #expect(outcome.status == 5 && outcome.text.contains("forward.test-addon.ca: \(path)/ca.pem"))
        }
    }

    @Test func `an edited backup that was restored without its key never serves`() async throws {
        try await Deployment.with { (deployment) async throws in
            let file = deployment.directory.path + "/a.backup"
            _ = try await deployment.text("backup", file)
            // As somebody without a key can: another byte, and the digest that needs none.
            let edit = """
                import hashlib, sys
                file = open(sys.argv[1], "rb+").read()
                pages, wrapped = bytearray(file[:-178]), file[-178:-64]
                pages[len(pages) // 2] ^= 1
                digest = hashlib.blake2b(pages, digest_size=32).digest()
                open(sys.argv[1], "wb").write(pages + wrapped + digest + file[-32:])
                """
            let editor = try Child(
                "/usr/bin/env", ["python3", "-c", edit, file], environment: ProcessInfo.processInfo.environment)
            #expect(await editor.status() == 0)
            let path = deployment.directory.path + "/new"
            #expect(try await Program.run(["restore", file, "--unverified", "--data-dir", path]).status == 5)
            try FileManager.default.copyItem(
                atPath: deployment.keyFile, toPath: "\(path)/keys/\(deployment.made.storageKey).key")
            for command in [["serve"], ["api-keys", "list"]] {
                let outcome = try await Program.run(command + ["--data-dir", path])
                #expect(outcome.status == 78 && outcome.errorText.contains("changed"), "\(outcome.errorText)")
            }
            #expect(!FileManager.default.fileExists(atPath: path + "/innkeeper.sqlite"))
        }
    }

    @Test func `a backup that was changed is refused, and nothing is put in place`() async throws {
        try await Deployment.with { (deployment) async throws in
            let file = deployment.directory.path + "/a.backup"
            _ = try await deployment.text("backup", file)
            var bytes = try Data(contentsOf: URL(filePath: file))
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: URL(filePath: file))
            let path = try directory(deployment, "new")
            let outcome = try await Program.run(["restore", file, "--data-dir", path])
            #expect(outcome.status == 1)
            #expect(outcome.errorText.contains("damaged"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["keys"])
        }
    }

    @Test func `the key of another deployment is 78, and nothing is put in place`() async throws {
        try await Deployment.with { (deployment) async throws in
            let file = deployment.directory.path + "/a.backup"
            _ = try await deployment.text("backup", file)
            let path = try directory(deployment, "new")
            let key = "\(path)/keys/\(deployment.made.storageKey).key"
            let text = try String(contentsOfFile: key, encoding: .utf8)
            let other = text.replacing(#/[0-9a-f]{64}/#, with: String(repeating: "b", count: 64))
            try Data(other.utf8).write(to: URL(filePath: key))
            let outcome = try await Program.run(["restore", file, "--data-dir", path])
            #expect(outcome.status == 78)
            #expect(outcome.errorText.contains(deployment.made.storageKey))
            #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["keys"])
        }
    }

    @Test func `the operator listener gives no backup, and no key is ever in one`() async throws {
        try await Deployment.with { (deployment) async throws in
            let server = try await deployment.serve()
            let file = deployment.directory.path + "/a.backup"
            for member in ["name", "path"] {
                let answer = try await server.ask(
                    "POST", "/api/v1/backup", key: deployment.key, body: #"{"\#(member)":"\#(file)"}"#)
                #expect(answer.status == 403)
            }
            #expect(!FileManager.default.fileExists(atPath: file))
            #expect(try await deployment.run("backup", file).status == 0)
            #expect(try await deployment.run("backup", file).status == 7)
            #expect(await server.stop() == 0)
            let key = try String(contentsOfFile: deployment.keyFile, encoding: .utf8)
            let material = try #require(key.firstMatch(of: #/[0-9a-f]{64}/#)).output
            let bytes = try Data(contentsOf: URL(filePath: file))
            #expect(bytes.range(of: Data(material.utf8)) == nil)
            let raw = stride(from: 0, to: 64, by: 2).compactMap { offset in
                UInt8(material.dropFirst(offset).prefix(2), radix: 16)
            }
            #expect(raw.count == 32 && bytes.range(of: Data(raw)) == nil)
        }
    }

    @Test func `an audit log that was set back to a backup does not fit a head kept since`() async throws {
        try await Deployment.with { (deployment) async throws in
            let file = deployment.directory.path + "/a.backup"
            _ = try await deployment.text("backup", file)
            let head = try await deployment.text("audit", "head").trimmingCharacters(in: .newlines)
            #expect(try await deployment.run("audit", "verify", "--head", head).status == 0)
            let path = try directory(deployment, "new")
            #expect(try await Program.run(["restore", file, "--data-dir", path]).status == 0)
            #expect(try await Program.run(["audit", "verify", "--data-dir", path]).status == 0)
            let against = try await Program.run(["audit", "verify", "--head", head, "--data-dir", path])
            #expect(against.status == 5 && against.text.contains("rewritten"))
            #expect(try await deployment.run("audit", "verify", "--head", "nonsense").status == 2)
        }
    }
}
