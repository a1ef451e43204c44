import Installations
import Marketplace
import Webhooks

/// A SELECT whose conditions depend on the request. Values are always bound, never written into the text.
struct Select {
    private let select: String
    private var conditions: [String] = []
    /// What is bound, also by the one before.
    private(set) var values: [any PostgresValue] = []

    /// A SELECT of everything, which stands in one statement behind another one.
    init(_ select: String, after other: Select? = nil) {
        self.select = select
        values = other?.values ?? []
    }

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

    /// Adds what no index of events knows: their type, and when they arrived to the millisecond.
    mutating func require(arrival filter: EventFilter) {
        if let type = filter.type { require("event.type =", type) }
        if let since = filter.since { require("received_at >=", since.milliseconds) }
        if let until = filter.until { require("received_at <", until.milliseconds) }
    }

    /// The statement: one of few, because each is prepared once and kept as long as its connection. `end` follows the conditions
    /// and ends with its one value.
    func query(end: String, _ value: some PostgresValue) -> Query {
        Query("\(text) \(end) $\(values.count + 1)", values + [value])
    }

    /// The text without an end.
    var text: String { conditions.isEmpty ? select : "\(select) WHERE \(conditions.joined(separator: " AND "))" }
}
