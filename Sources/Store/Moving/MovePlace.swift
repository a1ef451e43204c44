package import Sealing

/// Rows that do not change while they are read.
package protocol MoveSource {
    /// How many rows a table has.
    func count(of table: MovedTable) throws -> Int

    /// The rows behind a key; from the first one when it is nil. At least one, when there is one.
    func page(of table: MovedTable, after key: MoveKey?, within bounds: MoveBounds) throws -> MovePage
}

/// A store that is moved or is moved into: nobody else has it open, and what is written is durable when a call returns.
package protocol MovePlace: MoveSource, Sendable {
    /// As an operator names it, without a password.
    var name: String { get }

    /// What it says of the last move.
    func mark() throws -> MoveMark?

    /// Puts a mark in the place of another one.
    ///
    /// - Parameter isFirst: Whether it is the first thing in an empty store: what a new store has of itself goes.
    /// - Returns: False when the mark was not `old` any more, and nothing was written.
    func replace(_ old: MoveMark?, by new: MoveMark, isFirst: Bool) throws -> Bool

    /// The key of a table's last row: rows arrive in their order, so that is how far a copy has come.
    func lastKey(of table: MovedTable) throws -> MoveKey?

    /// Adds rows, all or none.
    func append(_ page: MovePage, to table: MovedTable) throws

    /// Sees to it that numbers which the engine gives out come behind those that arrived.
    func settleNumbers() throws

    /// Opens it as an engine, marks or none. Nothing may be written here while that is open.
    func open(with keyring: Keyring) throws -> any StoreEngine

    /// Lets others have it.
    func close() throws
}
