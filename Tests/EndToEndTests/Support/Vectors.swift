import Foundation
import Testing

/// Real webhook bodies of another project, kept outside the repository. Absent, their test is skipped; in CI that is a
/// failure.
enum Vectors {
    /// Whether tests that need them run. In CI they run and fail when they are absent.
    static let isAvailable = environment["CI"] == "true" || FileManager.default.fileExists(atPath: directory)

    /// What a skipped test says.
    static let absent: Comment = "test vectors not found; set INNKEEPER_VECTORS"

    /// Event names and bodies.
    static func webhookSamples() throws -> [(event: String, body: [UInt8])] {
        let folder = directory + "/webhook-samples"
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }.sorted().map
        {
            (String($0.dropLast(5)), [UInt8](try Data(contentsOf: URL(filePath: folder + "/" + $0))))
        }
    }

    private static let environment = ProcessInfo.processInfo.environment

    private static let directory: String = {
        if let directory = environment["INNKEEPER_VECTORS"] { return directory }
        // Support, EndToEndTests, Tests: the project's root is three folders above this file's.
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        return "/" + root + "/../shared/vectors"
    }()
}
