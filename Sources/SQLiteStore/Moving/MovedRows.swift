import GRDB
import Store

/// The statements of a moved table in this engine.
struct MovedRows {
    private let table: MovedTable

    init(_ table: MovedTable) { self.table = table }

    // MARK: Reading

    func count(_ db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM \"\(table.name)\"") ?? 0
    }

    func page(after key: MoveKey?, within bounds: MoveBounds, _ db: Database) throws -> MovePage {
        var (page, bytes) = (MovePage(of: table), 0)
        let heavy = table.columns.firstIndex { $0.name == table.heavy }
        let behind = key == nil ? "" : "WHERE (\(keyNames)) > (\(Self.marks(table.keyCount)))"
        let statement = try DirectStatement(
            """
            SELECT \(table.columns.map(expression).joined(separator: ", ")) FROM "\(table.name)" AS row \(behind)
            ORDER BY \(keyNames) LIMIT \(bounds.rows)
            """, db)
        try statement.visit { values in
            for (index, part) in (key?.parts ?? []).enumerated() { try values.bind(part, at: CInt(index + 1)) }
        } read: { row in
            page.append(row)
            if let heavy { bytes += row.length(CInt(heavy)) }
            return bytes < bounds.bytes
        }
        return page
    }

    func lastKey(_ db: Database) throws -> MoveKey? {
        let order = table.key.map { "\"\($0.name)\" DESC" }.joined(separator: ", ")
        var page = MovePage(of: table)
        try DirectStatement(
            """
            SELECT \(table.columns.map(expression).joined(separator: ", ")) FROM "\(table.name)" AS row
            ORDER BY \(order) LIMIT 1
            """, db
        ).forEach { _ in
        } read: { row in
            page.append(row)
        }
        return page.lastKey(in: table)
    }

    // MARK: Writing

    func insert(_ page: MovePage, _ db: Database) throws {
        let own = table.columns.indices.filter { !Self.isBeside(table.columns[$0], table) }
        let names = own.map { "\"\(table.columns[$0].name)\"" }.joined(separator: ", ")
        let statement = try DirectStatement(
            "INSERT INTO \"\(table.name)\" (\(names)) VALUES (\(Self.marks(own.count)))", db)
        for row in 0..<page.count {
            try statement.run { values in
                for (place, index) in own.enumerated() {
                    try values.bind(page.columns[index], row, at: CInt(place + 1))
                }
            }
        }
        if own.count < table.columns.count { try insertDatings(page, db) }
    }

    /// The rows of `event_dating`, which are few.
    private func insertDatings(_ page: MovePage, _ db: Database) throws {
        guard let column = table.columns.firstIndex(where: { Self.isBeside($0, table) }),
            case .int(let steps) = page.columns[column], case .int(let events) = page.columns[0]
        else { return }
        let statement = try DirectStatement("INSERT INTO event_dating (event, clock_step) VALUES (?, ?)", db)
        for case (let event?, let step?) in zip(events, steps) where step != 0 {
            try statement.run { values in
                try values.bind(event, at: 1)
                try values.bind(step, at: 2)
            }
        }
    }

    // MARK: Texts

    /// Whether this engine keeps a column of its own in another table: there are few events that have such a value.
    private static func isBeside(_ column: MovedTable.Column, _ table: MovedTable) -> Bool {
        table.name == "event" && column.name == "clock_step"
    }

    private func expression(_ column: MovedTable.Column) -> String {
        guard Self.isBeside(column, table) else { return "row.\"\(column.name)\"" }
        return "coalesce((SELECT clock_step FROM event_dating WHERE event_dating.event = row.id), 0)"
    }

    private var keyNames: String { table.key.map { "row.\"\($0.name)\"" }.joined(separator: ", ") }

    private static func marks(_ count: Int) -> String { repeatElement("?", count: count).joined(separator: ", ") }
}

extension MovePage {
    /// Adds the row that a statement stands on.
    fileprivate mutating func append(_ row: DirectRow) {
        for index in columns.indices { columns[index].append(row, CInt(index)) }
        count += 1
    }
}

extension MovePage.Values {
    /// Adds a column's value of the row that a statement stands on.
    fileprivate mutating func append(_ row: DirectRow, _ column: CInt) {
        // Taken out meanwhile, so that no array is copied.
        switch self {
        case .int(var values):
            self = .bool([])
            values.append(row.int64IfAny(column))
            self = .int(values)
        case .text(var values):
            self = .bool([])
            values.append(row.textIfAny(column))
            self = .text(values)
        case .blob(var values):
            self = .bool([])
            values.append(row.bytesIfAny(column))
            self = .blob(values)
        case .bool(var values):
            self = .bool([])
            values.append(row.int64IfAny(column).map { $0 != 0 })
            self = .bool(values)
        }
    }
}

extension DirectStatement.Values {
    /// Binds a part of a key.
    fileprivate func bind(_ part: MoveKey.Part, at index: CInt) throws {
        switch part {
        case .int(let value): try bind(value, at: index)
        case .text(let value): try bind(value, at: index)
        case .blob(let value): try bind(value, at: index)
        }
    }

    /// Binds the value of one row; NULL is what is not bound.
    fileprivate func bind(_ values: MovePage.Values, _ row: Int, at index: CInt) throws {
        switch values {
        case .int(let all): if let value = all[row] { try bind(value, at: index) }
        case .text(let all): if let value = all[row] { try bind(value, at: index) }
        case .blob(let all): if let value = all[row] { try bind(value, at: index) }
        case .bool(let all): if let value = all[row] { try bind(value ? 1 as Int64 : 0, at: index) }
        }
    }
}
