import GRDB

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
