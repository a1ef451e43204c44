import Installations
import Marketplace

/// A SELECT whose conditions depend on the request. Values are always bound, never written into the text.
struct Select {
    private let select: String
    private var conditions: [String] = []
    private var values: [any PostgresValue] = []

    /// A SELECT of everything.
    init(_ select: String) { self.select = select }

    /// Adds a condition that ends with its one value.
    mutating func require(_ condition: String, _ value: some PostgresValue) {
        values.append(value)
        conditions.append("\(condition) $\(values.count)")
    }

    /// Adds a condition without a value.
    mutating func require(_ condition: String) { conditions.append(condition) }

    /// Adds that a row is of this add-on, and of one of those, where there are such.
    mutating func require(addon addonKey: AddonKey?, among addons: Set<AddonKey>?) {
        if let addonKey { require("addon_key =", addonKey.text) }
        guard let addons else { return }
        values.append(Column(addons.map(\.text).sorted()))
        conditions.append("addon_key = ANY($\(values.count))")
    }

    /// The statement: one of few, because each is prepared once and kept as long as its connection. `end` follows the conditions
    /// and ends with its one value.
    func query(end: String, _ value: some PostgresValue) -> Query {
        let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        return Query("\(select)\(filter) \(end) $\(values.count + 1)", values + [value])
    }

    /// The conditions alone, and their values.
    var filter: (text: String, values: [any PostgresValue]) {
        (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND "), values)
    }
}
