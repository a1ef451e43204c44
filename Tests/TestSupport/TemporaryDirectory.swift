import Foundation

/// A directory of its own for one test, removed when the last reference goes.
package final class TemporaryDirectory: Sendable {
    /// Its absolute path.
    package let path: String
    private let isMounted: Bool

    /// Makes a new, empty directory that only this user may enter.
    package init() throws {
        path = try Self.make()
        isMounted = false
    }

    /// As above, with a file system of this size and its own. Nil where this process may not mount one.
    package init?(mebibytes: Int) throws {
        path = try Self.make()
        isMounted = try Self.run("mount", "-t", "tmpfs", "-o", "size=\(mebibytes)m,mode=700", "tmpfs", path)
        if !isMounted { return nil }
    }

    /// Takes all the room that is left.
    package func fill() throws {
        try Data().write(to: URL(filePath: filler))
        let file = try FileHandle(forWritingTo: URL(filePath: filler))
        defer { try? file.close() }  // Nothing depends on it.
        var piece = Data(repeating: 1, count: 1 << 20)
        while !piece.isEmpty {
            do {
                try file.write(contentsOf: piece)
            } catch {
                piece = piece.prefix(piece.count / 2)
            }
        }
    }

    /// Gives it back.
    package func empty() throws {
        try FileManager.default.removeItem(atPath: filler)
    }

    private var filler: String { path + "/filler" }

    private static func run(_ arguments: String...) throws -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    private static func make() throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/innkeeper-test-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return path
    }

    deinit {
        // Nothing depends on it: a leftover directory is the system's to clean.
        if isMounted { _ = try? Self.run("umount", "--lazy", path) }
        try? FileManager.default.removeItem(atPath: path)
    }
}
