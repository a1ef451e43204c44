import GRDB

/// What is declared in a file. Who can write it and holds no key can declare more: a trigger that keeps the audit log silent,
/// swallows webhooks or keeps erased secrets would run with every write.
enum StoreSchema {
    /// Throws unless a store that was brought up to date declares what this program does, and nothing else.
    static func check(_ store: any DatabaseReader, file: String) throws {
        let expected = try DatabaseQueue()
        try SQLiteStore.migrator().migrate(expected)
        let found = try store.read(dump).map { $0.replacing(formerColumn, with: column) }
        guard try found == expected.read(dump) else { throw StoreOpenError.foreignSchema(file: file) }
    }

    /// As one build made this column of an installation: with a check that its reader makes as well.
    private static let formerColumn = "issued_at INTEGER, decided_by INTEGER, mac BLOB CHECK (length(mac) = 32)"
    private static let column = "issued_at INTEGER, decided_by INTEGER, mac BLOB"

    /// Every table, index, view and trigger. What the query planner may have counted for itself is left out.
    static func dump(_ db: Database) throws -> [String] {
        try String.fetchAll(
            db,
            sql: """
                SELECT type || ' ' || name || ' ' || tbl_name || ' ' || ifnull(sql, '') FROM sqlite_schema
                WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\' ORDER BY type, name
                """)
    }
}
