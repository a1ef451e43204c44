import Foundation
import Marketplace
import PostgresSupport
import Synchronization
import TestSupport

/// A data directory that `innkeeper init` made, for one test. Everything that was started on it is ended and everything
/// in it removed when `with` returns, however the test went.
struct Deployment: Sendable {
    /// What `init -o json` printed (contract.md section 4).
    struct Made: Codable, Sendable {
        struct Key: Codable, Sendable {
            let id: String
            let secret: String
        }
        let dataDir: String
        let storageKey: String
        let apiKey: Key
    }

    /// Holds the data directory and the file of trusted platform keys.
    let directory: TemporaryDirectory
    /// What was made.
    let made: Made
    /// The platform, as far as the first add-on is concerned.
    let platform: Platform
    /// The database that it is kept in; nil for the embedded store.
    let database: TestDatabase?
    private let launcher: [String]
    private let children = Children()

    /// The data directory.
    var path: String { made.dataDir }
    /// The one storage key's file.
    var keyFile: String { "\(path)/keys/\(made.storageKey).key" }
    /// The administrator's API key.
    var key: String { made.apiKey.secret }

    /// Whether all deployments that name no store are kept in a database: `scripts/test` runs the main promises once more so.
    static let areInDatabases = ProcessInfo.processInfo.environment["INNKEEPER_TEST_STORE"] == "postgres"

    /// Makes a deployment of these manifests and runs `body` with it. `launcher` starts all its processes.
    static func with(
        _ manifests: [String] = [TestPlatform.manifest], by launcher: [String] = [],
        inDatabase: Bool = Self.areInDatabases,
        _ body: (Deployment) async throws -> Void
    ) async throws {
        try await Turns.shared.taking {
            try await inTurn(manifests, launcher, inDatabase ? try TestDatabase() : nil, body)
        }
    }

    private static func inTurn(
        _ manifests: [String], _ launcher: [String], _ database: TestDatabase?,
        _ body: (Deployment) async throws -> Void
    ) async throws {
        let deployment = try await Deployment(manifests, launcher, database)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(deployment))
        } catch {
            result = .failure(error)
        }
        await deployment.children.end()
        try result.get()
    }

    private init(_ manifests: [String], _ launcher: [String], _ database: TestDatabase?) async throws {
        self.launcher = launcher
        self.database = database
        directory = try TemporaryDirectory()
        platform = try Platform(manifests.first ?? TestPlatform.manifest)
        try Data(try platform.signer.publicPEM().utf8).write(to: URL(filePath: directory.path + "/platform.pem"))
        var arguments = ["init", "-o", "json", "--data-dir", directory.path + "/data"]
        for (index, manifest) in manifests.enumerated() {
            let file = "\(directory.path)/manifest-\(index).json"
            try Data(manifest.utf8).write(to: URL(filePath: file))
            arguments += ["--addon", file]
        }
        let outcome = try await Program.run(arguments, environment: Self.environment(database), by: launcher)
        made = try .read(outcome)
    }

    /// Runs a command on this deployment.
    func run(
        _ arguments: String..., environment: [String: String] = [:], in directory: String? = nil
    ) async throws -> Program.Outcome {
        try await run(arguments, environment: environment, in: directory)
    }

    /// Runs a command on this deployment.
    func run(
        _ arguments: [String], environment: [String: String] = [:], in directory: String? = nil
    ) async throws -> Program.Outcome {
        try await start(arguments, environment: environment, in: directory).outcome()
    }

    /// A copy of the data directory, for another instance over the same database.
    func copy() throws -> String {
        let copy = "\(directory.path)/copy-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(
            atPath: copy, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        for name in try FileManager.default.contentsOfDirectory(atPath: path) where !name.hasSuffix(".sock") {
            try FileManager.default.copyItem(atPath: "\(path)/\(name)", toPath: "\(copy)/\(name)")
        }
        return copy
    }

    /// What a command that succeeds prints.
    func text(_ arguments: String...) async throws -> String {
        let outcome = try await run(arguments)
        guard outcome.status == 0 else { throw Unexpected(outcome) }
        return outcome.text
    }

    /// What a command that succeeds prints as JSON.
    func json<Value: Decodable>(_ arguments: String..., as: Value.Type = Value.self) async throws -> Value {
        try Value.read(try await run(arguments + ["-o", "json"]))
    }

    /// Starts a command on this deployment, by `launcher` in place of the deployment's own.
    ///
    /// - Parameter directory: A copy of the data directory.
    func start(
        _ arguments: [String], environment: [String: String] = [:], by launcher: [String]? = nil,
        in directory: String? = nil
    ) throws -> Child {
        let child = try Program.start(
            arguments + ["--data-dir", directory ?? path],
            environment: Self.environment(database).merging(environment) { $1 }, by: launcher ?? self.launcher)
        children.add(child)
        return child
    }

    /// Starts a server on free ports and waits until it is ready.
    func serve(
        _ arguments: [String] = [], environment: [String: String] = [:], by launcher: [String]? = nil,
        in copy: String? = nil
    ) async throws -> Server {
        try await Server(
            start(
                [
                    "serve", "--ingress-bind", "127.0.0.1:0", "--operator-bind", "127.0.0.1:0",
                    "--platform-keys", directory.path + "/platform.pem",
                ] + arguments, environment: environment, by: launcher, in: copy))
    }

    /// Where every command finds its store.
    private static func environment(_ database: TestDatabase?) -> [String: String] {
        database.map { ["INNKEEPER_STORE": $0.url] } ?? [:]
    }

    /// Writes a file in the data directory, in place of one that is there.
    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)"))
    }

    private final class Children: Sendable {
        private let all = Mutex<[Child]>([])

        func add(_ child: Child) { all.withLock { $0.append(child) } }

        func end() async { for child in all.withLock({ $0 }) { await child.end() } }
    }
}

extension Decodable {
    /// What a command that succeeded printed as JSON.
    static func read(_ outcome: Program.Outcome) throws -> Self {
        guard outcome.status == 0 else { throw Unexpected(outcome) }
        return try JSONDecoder().decode(Self.self, from: Data(outcome.output))
    }
}

/// A command that ended in another way than the test needs to go on.
struct Unexpected: Error, CustomStringConvertible {
    let description: String

    init(_ outcome: Program.Outcome) { description = "exit \(outcome.status): \(outcome.errorText)" }

    init(_ description: String) { self.description = description }
}
