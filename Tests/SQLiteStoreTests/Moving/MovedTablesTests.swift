import GRDB
import Store
import TestSupport
import Testing

@testable import SQLiteStore

/// What is moved is all there is.
@Suite struct MovedTablesTests {
    /// What an engine keeps for itself.
    private static let own = ["event_dating", "grdb_migrations", "move", "session"]

    @Test func `every table is moved with all its columns, and ordered by its key`() async throws {
        let test = try TestStore()
        let found = try await test.engine.pool.read { db in
            let names = try String.fetchAll(
                db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            return try names.filter { !Self.own.contains($0) }.map { name in
                let columns = try Row.fetchAll(
                    db, sql: "SELECT name, pk FROM pragma_table_info(?) ORDER BY pk", arguments: [name])
                return Described(
                    name, columns: columns.map { $0["name"] }, key: columns.filter { $0["pk"] != 0 }.map { $0["name"] })
            }
        }
        let moved = MovedTable.all.map { table in
            Described(
                table.name,
                // Lies in `event_dating`.
                columns: table.columns.map(\.name).filter { table.name != "event" || $0 != "clock_step" },
                key: table.key.map(\.name))
        }
        #expect(Set(found) == Set(moved))
    }

    private struct Described: Hashable, Sendable {
        let name: String
        let columns: [String]
        let key: [String]

        init(_ name: String, columns: [String], key: [String]) {
            (self.name, self.columns, self.key) = (name, columns.sorted(), key)
        }
    }
}
