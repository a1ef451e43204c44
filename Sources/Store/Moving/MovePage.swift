/// Rows of a moved table in the order of their keys, column by column.
package struct MovePage: Equatable, Sendable {
    /// The values of one column, a row's behind the other.
    package enum Values: Equatable, Sendable {
        case int([Int64?])
        case text([String?])
        case blob([[UInt8]?])
        case bool([Bool?])

        fileprivate init(_ kind: MovedTable.Column.Kind) {
            switch kind {
            case .int: self = .int([])
            case .text: self = .text([])
            case .blob: self = .blob([])
            case .bool: self = .bool([])
            }
        }
    }

    /// As many as the table has columns.
    package var columns: [Values]
    /// How many rows there are.
    package var count = 0

    /// A page of a table without a row.
    package init(of table: MovedTable) { columns = table.columns.map { Values($0.kind) } }

    /// The key of the last row; nil when there is none.
    package func lastKey(in table: MovedTable) -> MoveKey? {
        guard count > 0 else { return nil }
        return MoveKey(
            parts: columns.prefix(table.keyCount).compactMap { values in
                switch values {
                case .int(let all): all[count - 1].map(MoveKey.Part.int)
                case .text(let all): all[count - 1].map(MoveKey.Part.text)
                case .blob(let all): all[count - 1].map(MoveKey.Part.blob)
                case .bool: nil
                }
            })
    }
}

/// Names a row of a moved table; what stands behind it comes after.
package struct MoveKey: Equatable, Sendable {
    /// The value of one column.
    package enum Part: Equatable, Sendable {
        case int(Int64)
        case text(String)
        case blob([UInt8])
    }

    /// In the order of the key's columns.
    package let parts: [Part]
}

/// How much is read at once: so many rows, and no further one once their long column has so many bytes.
package struct MoveBounds: Sendable {
    package let rows: Int
    package let bytes: Int

    package init(rows: Int, bytes: Int = .max) {
        self.rows = rows
        self.bytes = bytes
    }

    /// Of one transaction of a move: some milliseconds, some megabytes.
    package static let batch = MoveBounds(rows: 2000, bytes: 4 << 20)
}
