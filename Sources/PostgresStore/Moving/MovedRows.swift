import Store

/// The statements of a moved table in this engine.
struct MovedRows {
    private let table: MovedTable

    init(_ table: MovedTable) { self.table = table }

    // MARK: Reading

    var count: Query { Query("SELECT count(*) FROM \(name)") }

    /// Rows behind a key. Where a column may be long, those before which there are as many bytes as asked for are left out; their
    /// length is known without reading them.
    func page(after key: MoveKey?, within bounds: MoveBounds) -> Query {
        let behind = key == nil ? "" : "WHERE (\(keyNames)) > (\(marks(table.key)))"
        var values: [any PostgresValue] = (key?.parts ?? []).map(\.value) + [Int64(bounds.rows)]
        let limit = "LIMIT $\(values.count)"
        guard let heavy = table.heavy else {
            return Query("SELECT \(names) FROM \(name) \(behind) ORDER BY \(keyNames) \(limit)", values)
        }
        values.append(Int64(bounds.bytes))
        let length = "coalesce(octet_length(\"\(heavy)\"), 0)"
        return Query(
            """
            SELECT \(names) FROM (
                SELECT \(names), sum(\(length)) OVER (ORDER BY \(keyNames) ROWS UNBOUNDED PRECEDING) - \(length) AS before
                FROM \(name) \(behind) ORDER BY \(keyNames) \(limit)) AS page
            WHERE before < $\(values.count) ORDER BY \(keyNames)
            """, values)
    }

    var lastKey: Query {
        let order = table.key.map { "\"\($0.name)\" DESC" }.joined(separator: ", ")
        return Query("SELECT \(names) FROM \(name) ORDER BY \(order) LIMIT 1")
    }

    func page(_ rows: ResultRows) -> MovePage {
        var page = MovePage(of: table)
        page.count = rows.count
        for index in page.columns.indices {
            let column = Int32(index)
            switch table.columns[index].kind {
            case .int: page.columns[index] = .int(rows.map { $0.intIfAny(column) })
            case .text: page.columns[index] = .text(rows.map { $0.textIfAny(column) })
            case .blob: page.columns[index] = .blob(rows.map { $0.bytesIfAny(column) })
            case .bool: page.columns[index] = .bool(rows.map { $0.isNull(column) ? nil : $0.bool(column) })
            }
        }
        return page
    }

    // MARK: Writing

    /// One statement for all rows of a page. What the engine keeps beside the columns is worked out from them.
    func insert(_ page: MovePage) -> Query {
        let types = table.columns.enumerated().map { index, column in "$\(index + 1)::\(column.kind.type)[]" }
        let beside = table.name == "event" ? ("bytes", "coalesce(octet_length(sealed_body), 0)") : nil
        return Query(
            """
            INSERT INTO \(name) (\(names)\(beside.map { ", " + $0.0 } ?? "")) OVERRIDING SYSTEM VALUE
            SELECT \(names)\(beside.map { ", " + $0.1 } ?? "")
            FROM unnest(\(types.joined(separator: ", "))) AS row (\(names))
            """, page.columns.map(\.column))
    }

    // MARK: Texts

    private var name: String { "innkeeper.\"\(table.name)\"" }
    private var names: String { Self.list(table.columns[...]) }
    private var keyNames: String { Self.list(table.key) }

    private static func list(_ columns: ArraySlice<MovedTable.Column>) -> String {
        columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
    }

    private func marks(_ columns: ArraySlice<MovedTable.Column>) -> String {
        columns.enumerated().map { "$\($0.offset + 1)" }.joined(separator: ", ")
    }
}

extension MovedTable.Column.Kind {
    fileprivate var type: String {
        switch self {
        case .int: "int8"
        case .text: "text"
        case .blob: "bytea"
        case .bool: "bool"
        }
    }
}

extension MoveKey.Part {
    fileprivate var value: any PostgresValue {
        switch self {
        case .int(let value): value
        case .text(let value): value
        case .blob(let value): value
        }
    }
}

extension MovePage.Values {
    fileprivate var column: any PostgresValue {
        switch self {
        case .int(let all): Column(all)
        case .text(let all): Column(all)
        case .blob(let all): Column(all)
        case .bool(let all): Column(all)
        }
    }
}
