import Installations
import Store

/// What the store says of the last move that it was part of.
enum MoveRow {
    static let select = Query("SELECT id, state, other, at FROM innkeeper.move")

    static func mark(_ rows: ResultRows) -> MoveMark? {
        rows.first.flatMap { row in
            MoveMark.State(rawValue: row.text(1)).map { state in
                MoveMark(id: row.text(0), state: state, other: row.text(2), at: row.time(3))
            }
        }
    }

    /// Puts a mark in the place of another one, which must be there; in an empty place when there is none.
    static func replace(_ old: MoveMark?, by new: MoveMark) -> Query {
        guard let old else {
            return Query(
                """
                INSERT INTO innkeeper.move (one, id, state, other, at) VALUES (1, $1, $2, $3, $4)
                ON CONFLICT (one) DO NOTHING
                """, new.id, new.state.rawValue, new.other, new.at.milliseconds)
        }
        return Query(
            "UPDATE innkeeper.move SET id = $1, state = $2, other = $3, at = $4 WHERE id = $5 AND state = $6",
            new.id, new.state.rawValue, new.other, new.at.milliseconds, old.id, old.state.rawValue)
    }

    /// The mark in a database, whatever steps ran on it.
    static func mark(on link: inout Link) throws(LinkFailure) -> MoveMark? {
        let isThere = try link.rows(Query("SELECT to_regclass('innkeeper.move') IS NOT NULL")).first?.bool(0)
        return isThere == true ? mark(try link.rows(select)) : nil
    }

    /// The mark of a move that ends with this use of the store.
    ///
    /// - Throws: when another store is the one to use, or none is yet.
    static func ended(by use: StoreUse, on link: inout Link) throws -> MoveMark? {
        guard use == .service, let mark = try mark(on: &link), try mark.isEndedByUse() else { return nil }
        return mark
    }

    /// Removes the mark of a move that is ended.
    static func remove(_ mark: MoveMark, on link: inout Link) throws {
        let removed = try link.rows(
            Query("DELETE FROM innkeeper.move WHERE id = $1 AND state = $2", mark.id, mark.state.rawValue))
        // Somebody else was quicker: who uses it as well, or who went on with it.
        guard try removed.changes == 1 || self.mark(on: &link) == nil else { throw PostgresOpenError.inUse(.moved) }
    }
}
