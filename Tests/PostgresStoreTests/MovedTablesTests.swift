import PostgresSupport
import Store
import Testing

@testable import PostgresStore

/// What is moved is all there is.
@Suite(.enabled(if: TestDatabase.isAvailable)) struct MovedTablesTests {
    /// What an engine keeps for itself, or what only processes that run need.
    private static let own: Set<String> = [
        "commit_mark", "instance", "kept_share", "kept_total", "key_work", "migration", "move", "session",
        "stream_call",
        "stream_claim",
        "token_rate",
    ]

    @Test func `every table is moved with all its columns`() async throws {
        let test = try PostgresUnderTest()
        var link = try test.database.address.connect()
        let rows = try link.rows(
            Query(
                """
                SELECT relname::text, array_agg(attname::text ORDER BY attname) FROM pg_class
                JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
                WHERE relnamespace = 'innkeeper'::regnamespace AND relkind = 'r' GROUP BY relname
                """))
        let found = Dictionary(uniqueKeysWithValues: rows.map { ($0.text(0), $0.texts(1)) }).filter {
            !Self.own.contains($0.key)
        }
        let moved = Dictionary(
            uniqueKeysWithValues: MovedTable.all.map { table in
                // Worked out from the body.
                (table.name, (table.columns.map(\.name) + (table.name == "event" ? ["bytes"] : [])).sorted())
            })
        #expect(found == moved)
    }
}
