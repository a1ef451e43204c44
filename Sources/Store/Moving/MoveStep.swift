/// Where a move stands, for tests that end the process there.
package enum MoveStep: String, CaseIterable, Sendable {
    /// The source says that it is being copied; the target says nothing.
    case announced = "move-announced"
    /// Both say it.
    case begun = "move-begun"
    /// A batch has arrived.
    case pageWritten = "move-page-written"
    /// Everything has.
    case copied = "move-copied"
    /// The target was checked and says so.
    case checked = "move-checked"
    /// The source says that it has left; the target may not be used yet.
    case left = "move-left"
}

/// Told where a move stands.
package typealias MoveProbe = @Sendable (MoveStep) -> Void

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
