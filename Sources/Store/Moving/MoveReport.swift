/// How far a move has come.
package struct MoveProgress: Sendable {
    /// What it is at.
    package enum Phase: String, Sendable {
        case copy, compare, verify
    }

    package let phase: Phase
    /// Rows, or installations that were verified.
    package let done: Int
    package let total: Int
}

/// What a move did.
package struct MoveReport: Sendable {
    /// Rows that the target has of each table, in their order.
    package var tables: [(name: String, rows: Int)] = []
    /// Sealed values that opened in the target.
    package var verified: Int64 = 0
    /// Values that do not open and rows that are not authentic; the same in the source.
    package var corrupt = 0
    /// Whether everything had arrived before.
    package let wasDone: Bool

    init(wasDone: Bool = false) { self.wasDone = wasDone }

    /// Rows of all tables.
    package var rows: Int { tables.reduce(0) { $0 + $1.rows } }
}
