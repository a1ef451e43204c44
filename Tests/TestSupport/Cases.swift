import FoundationEssentials
package import Testing

/// Small inputs that once fell short, kept outside the repository beside the vectors. Absent, their tests are skipped; in CI that
/// is a failure.
package enum Cases {
    /// Whether tests that need them run.
    package static let areAvailable =
        environment["CI"] == "true" || FileManager.default.fileExists(atPath: directory)

    /// What a skipped test says.
    package static let absent: Comment = "cases not found; they lie beside the vectors: set INNKEEPER_VECTORS"

    /// The bytes of a file.
    package static func bytes(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(filePath: directory + "/" + name)))
    }

    private static let environment = ProcessInfo.processInfo.environment

    private static let directory: String = {
        if let vectors = environment["INNKEEPER_VECTORS"] { return vectors + "/../cases" }
        // TestSupport, Tests: the project's root is two folders above this file's.
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return "/" + root + "/../shared/cases"
    }()
}
