import Foundation

/// The store that a configuration file names.
enum ConfiguredStore {
    /// Has the file name another store, and leaves all else that it says. A file that is not there is made.
    static func put(_ store: StoreChoice, into path: String) throws {
        let name: String =
            switch store {
            case .sqlite: "sqlite"
            case .postgres(_, let url): url
            }
        var settings: [String: Any] = [:]
        if FileManager.default.fileExists(atPath: path) {
            let bytes = try Files.read(path)
            settings = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] ?? [:]
        }
        // As an object it stands beside settings whose names begin alike.
        var own = settings["store"] as? [String: Any] ?? [:]
        own["url"] = name
        settings["store"] = own
        let data = try JSONSerialization.data(
            withJSONObject: settings, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        try Files.replace(path, [UInt8](data) + [UInt8(ascii: "\n")])
    }
}
