import GRDB
import Installations
import Store

/// What the store says of the last move that it was part of.
enum MoveRow {
    static func mark(_ db: Database) throws -> MoveMark? {
        try Row.fetchOne(db, sql: "SELECT id, state, other, at FROM move").flatMap { row in
            MoveMark.State(rawValue: row["state"]).map { state in
                MoveMark(id: row["id"], state: state, other: row["other"], at: row.time("at"))
            }
        }
    }

    static func write(_ mark: MoveMark, _ db: Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO move (one, id, state, other, at) VALUES (1, ?, ?, ?, ?)",
            arguments: [mark.id, mark.state.rawValue, mark.other, mark.at.milliseconds])
    }

    /// Whether a move out of the store ends with this use of it.
    ///
    /// - Throws: when another store is the one to use, or none is yet.
    static func isEnded(by use: StoreUse, _ pool: DatabasePool) throws -> Bool {
        guard use == .service, let mark = try pool.read(mark) else { return false }
        return try mark.isEndedByUse()
    }

    /// Ends a move out of the store: what was copied is none of it any more.
    static func remove(_ pool: DatabasePool) throws {
        try pool.write { db in try db.execute(sql: "DELETE FROM move") }
    }
}
