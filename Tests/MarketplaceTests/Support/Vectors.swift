import FoundationEssentials
import Marketplace
import Testing

/// Test data of other projects, kept outside the repository. Absent, its tests are skipped; in CI that is a failure.
enum Vectors {
    /// Whether tests that need the data run. In CI they run and fail when it is absent.
    static let isAvailable = environment["CI"] == "true" || FileManager.default.fileExists(atPath: directory)

    /// What a skipped test says.
    static let absent: Comment = "test vectors not found; set INNKEEPER_VECTORS"

    /// All files of a folder, by name.
    static func files(in folder: String) throws -> [(name: String, bytes: [UInt8])] {
        let path = directory + "/" + folder
        return try FileManager.default.contentsOfDirectory(atPath: path).sorted().map { ($0, try bytes(folder, $0)) }
    }

    /// The groups of a Wycheproof file.
    static func groups(_ name: String) throws -> [JSONObject] {
        let bytes = try bytes("wycheproof", name + ".json")
        let file = try StrictJSON.parse(bytes.span).object
        let groups = try #require(file?["testGroups"]?.array)
        return try groups.map { try #require($0.object) }
    }

    /// The tests of a Wycheproof group.
    static func tests(_ group: JSONObject) throws -> [(id: Int, test: JSONObject)] {
        let tests = try #require(group["tests"]?.array)
        return try tests.map { value in
            let test = try #require(value.object)
            guard case .number(let id) = test["tcId"] else { throw Malformed() }
            return (try #require(Int(id)), test)
        }
    }

    /// Bytes from hexadecimal.
    static func bytes(hexadecimal text: String) throws -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue).map { UInt8($0) }
        try #require(digits.count == text.count && digits.count % 2 == 0)
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// A vector file has another form than these tests know.
    struct Malformed: Error {}

    private static let environment = ProcessInfo.processInfo.environment

    private static let directory: String = {
        if let directory = environment["INNKEEPER_VECTORS"] { return directory }
        // Support, MarketplaceTests, Tests: the project's root is three folders above this file's.
        let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        return "/" + root + "/../shared/vectors"
    }()

    private static func bytes(_ folder: String, _ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(filePath: directory + "/" + folder + "/" + name)))
    }
}
