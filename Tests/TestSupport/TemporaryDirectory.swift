import Foundation

/// A directory of its own for one test, removed when the last reference goes.
package final class TemporaryDirectory: Sendable {
    /// Its absolute path.
    package let path: String

    /// Makes a new, empty directory that only this user may enter.
    package init() throws {
        path = FileManager.default.temporaryDirectory.path + "/innkeeper-test-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        // Nothing depends on it: a leftover directory is the system's to clean.
        try? FileManager.default.removeItem(atPath: path)
    }
}
