import Foundation

/// The executable under test: the one that was built beside this test bundle.
enum Program {
    /// There is none, or the bundle was started in a way these tests do not know.
    struct NotFound: Error, CustomStringConvertible {
        let description: String
    }

    /// What a command left behind.
    struct Outcome: Sendable {
        let status: Int32
        let output: [UInt8]
        let errors: [UInt8]

        var text: String { String(decoding: output, as: UTF8.self) }
        var errorText: String { String(decoding: errors, as: UTF8.self) }
    }

    /// Its path.
    static func path() throws -> String { try found.get() }

    /// Starts it by `launcher`, a command that takes another one as its arguments; by default it starts by itself. The
    /// environment is this process's less every setting of Innkeeper, plus `environment`.
    static func start(
        _ arguments: [String], environment: [String: String] = [:], by launcher: [String] = []
    ) throws -> Child {
        let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("INNKEEPER_") }
        let command = launcher + [try path()] + arguments
        return try Child(command[0], Array(command[1...]), environment: inherited.merging(environment) { $1 })
    }

    /// Runs it to its end.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], by launcher: [String] = []
    ) async throws -> Outcome {
        await (try start(arguments, environment: environment, by: launcher)).outcome()
    }

    /// Starts a command in another working directory.
    static func launcher(in directory: String) -> [String] { ["/usr/bin/env", "-C", directory] }

    /// Starts a command that gives every file it makes to everybody, unless it takes care itself.
    static let carelessLauncher = ["/bin/sh", "-c", #"umask 0; exec "$0" "$@""#]

    private static let found = Result { () throws -> String in
        let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
        for line in maps.split(separator: "\n") {
            guard let slash = line.firstIndex(of: "/"), line.contains(".xctest") else { continue }
            let path = line[slash...].components(separatedBy: ".xctest")[0]
            let folder = path.components(separatedBy: "/").dropLast().joined(separator: "/")
            let executable = folder + "/innkeeper"
            guard FileManager.default.isExecutableFile(atPath: executable) else {
                throw NotFound(description: "\(executable) was not built")
            }
            return executable
        }
        throw NotFound(description: "no .xctest bundle is loaded")
    }
}
