import Foundation
import PostgresStore

/// The store that a configuration names.
enum ConfiguredStore {
    /// The configuration in a backup with another store than the one that the backup is of. Whoever restores beside a deployment that
    /// lives would else have every later command act on that one: a `forget` ends an installation there.
    ///
    /// - Parameter configuration: What is in the backup; nil for nothing.
    static func naming(_ store: StoreChoice, in configuration: [UInt8]?) throws -> [UInt8] {
        let name: String
        switch store {
        case .sqlite: name = "sqlite"
        case .postgres(let address, let url):
            // With a password it stays in the environment, where later commands find it as well; but not the other store here.
            name = address.hasPassword ? address.plainURL : url
        }
        var settings =
            try configuration.map { try JSONSerialization.jsonObject(with: Data($0)) } as? [String: Any] ?? [:]
        // As an object it stands beside settings whose names begin alike.
        var own = settings["store"] as? [String: Any] ?? [:]
        own["url"] = name
        settings["store"] = own
        let data = try JSONSerialization.data(
            withJSONObject: settings, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        return [UInt8](data) + [UInt8(ascii: "\n")]
    }
}
