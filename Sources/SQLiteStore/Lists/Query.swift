import GRDB
import Installations
import Marketplace
import Webhooks

/// A SELECT whose conditions depend on the request. Values are always bound, never written into the text.
struct Query: Sendable {
    private let select: String
    private var conditions: [String] = []
    private var values: [DatabaseValue] = []
    private var tail = ""

    /// A SELECT of everything.
    init(_ select: String) {
        self.select = select
    }

    /// Adds a condition with its one value.
    mutating func require(_ condition: String, _ value: some DatabaseValueConvertible) {
        conditions.append(condition)
        values.append(value.databaseValue)
    }

    /// Adds a condition without a value.
    mutating func require(_ condition: String) {
        conditions.append(condition)
    }

    /// Adds that a row is of this add-on, and of one of those, where there are such. The plus keeps the order of the other index:
    /// a page is not to sort all there is.
    mutating func require(addon addonKey: AddonKey?, among addons: Set<AddonKey>?) {
        if let addonKey { require("addon_key = ?", addonKey.text) }
        guard let addons else { return }
        if addons.count == 1, let only = addons.first { return require("addon_key = ?", only.text) }
        let list = JSONValue.array(addons.map { .string($0.text) })
        require("+addon_key IN (SELECT value FROM json_each(?))", String(decoding: list.utf8, as: UTF8.self))
    }

    /// Adds what no index of events knows: their type, and when they arrived to the millisecond.
    mutating func require(arrival filter: EventFilter) {
        if let type = filter.type { require("type = ?", type) }
        if let since = filter.since { require("received_at >= ?", since.milliseconds) }
        if let until = filter.until { require("received_at < ?", until.milliseconds) }
    }

    /// Adds what follows the conditions, with its one value.
    mutating func end(_ clause: String, _ value: some DatabaseValueConvertible) {
        tail = clause
        values.append(value.databaseValue)
    }

    /// The text: one of few, because each is prepared once and kept as long as its connection.
    var sql: String {
        let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        return "\(select)\(filter) \(tail)"
    }

    func fetchAll(_ db: Database) throws -> [Row] {
        try Row.fetchAll(db.cachedStatement(sql: sql), arguments: StatementArguments(values))
    }
}
