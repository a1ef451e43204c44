import Foundation
import Marketplace
import TestSupport

/// An add-on's own code in Python: one of the scripts of this repository, running.
struct Backend: Sendable {
    /// The process.
    let child: Child
    /// Where it receives.
    let url: String

    /// Starts a script that receives, and waits until it does.
    static func receiving(_ script: String, _ arguments: [String], by python: String) async throws -> Backend {
        let child = try start(script, arguments, by: python)
        guard let line = await child.output.firstLine(), line.hasPrefix("receiving at http") else {
            throw Unexpected("\(script) does not receive: \(child.errors.text)")
        }
        return Backend(child: child, url: String(line.dropFirst("receiving at ".count)))
    }

    /// Starts a script.
    static func start(
        _ script: String, _ arguments: [String], environment: [String: String] = [:], by python: String
    ) throws -> Child {
        try Child(
            python, [project + "/scripts/" + script] + arguments,
            environment: ["PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"].merging(environment) { $1 })
    }

    /// The interpreter with the public package `standardwebhooks`. Without it the tests that need it fail: a test of
    /// the signatures that is skipped in silence would be worse than none.
    static func pythonWithStandardWebhooks() throws -> String {
        let path =
            ProcessInfo.processInfo.environment["INNKEEPER_TEST_PYTHON"] ?? project + "/.build/test-python/bin/python"
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Unexpected("\(path) is not there; make it with: scripts/setup-tests")
        }
        return path
    }

    /// Any Python 3.
    static func python() throws -> String {
        let places = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
        guard
            let path = places.map({ $0 + "/python3" }).first(where: {
                FileManager.default.isExecutableFile(atPath: $0)
            })
        else { throw Unexpected("no python3 on PATH; scripts/setup-tests installs it") }
        return path
    }

    private static let project = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
}

extension Deployment {
    /// Runs `body` beside the example backend that receives and verifies, and ends that however it went.
    func receiving(secret: String = Self.signingSecret, _ body: (Backend) async throws -> Void) async throws {
        let file = directory.path + "/backend.secret"
        try Data(secret.utf8).write(to: URL(filePath: file))
        let backend = try await Backend.receiving(
            "example-backend-push.py", ["--secret", file, "--port", "0"],
            by: try Backend.pythonWithStandardWebhooks())
        do {
            try await body(backend)
        } catch {
            await backend.child.end()
            throw error
        }
        await backend.child.end()
    }

    /// Sets where the add-on's events go, and the file of authorities if one is named. The server must not run yet.
    func forward(to url: String, secrets: String = Self.signingSecret, ca: String? = nil) throws {
        let file = "\(path)/forward.secret"
        guard
            FileManager.default.createFile(
                atPath: file, contents: Data(secrets.utf8), attributes: [.posixPermissions: 0o600])
        else { throw Unexpected("\(file) cannot be written") }
        var target = ["url": url, "secret": "forward.secret"]
        target["ca"] = ca
        let forward = [platform.manifest.key.text: target]
        try write(String(decoding: try JSONEncoder().encode(["forward": forward]), as: UTF8.self), to: "innkeeper.json")
    }

    /// A signing secret for tests.
    static let signingSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
}
