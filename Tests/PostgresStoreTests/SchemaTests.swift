import Foundation
import Installations
import PostgresSupport
import Schema
import Store
import Testing

@testable import PostgresStore

/// What is declared in a database.
@Suite(.enabled(if: TestDatabase.isAvailable)) struct SchemaTests {
    @Test func `the schema is the golden dump`() async throws {
        let test = try PostgresUnderTest(isNew: true)
        var link = try test.database.address.connect()
        let text = try link.rows(Query(Self.dump)).map { $0.text(0) }.joined(separator: "\n") + "\n"
        let golden = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../schema/postgres.sql")
        if ProcessInfo.processInfo.environment["INNKEEPER_WRITE_GOLDEN"] != nil {
            try text.write(to: golden, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: golden, encoding: .utf8) == text)
    }

    @Test func `a database that was brought up to date by a newer program is refused`() async throws {
        let test = try PostgresUnderTest()
        let (address, keyring) = (try test.database.address, try test.keyring())
        try test.store.close()
        try test.database.execute("INSERT INTO innkeeper.migration (number, name) VALUES (1000, 'later')")
        defer { try? test.database.execute("DELETE FROM innkeeper.migration WHERE number = 1000") }
        #expect(throws: PostgresOpenError.self) { _ = try PostgresStore(at: address, keyring: keyring) }
    }

    /// A step that some later program brings.
    private func later(_ number: Int, beside oldest: Int?) -> Migrations {
        let step = Schema.Migration(
            name: "later\(number)", sql: "CREATE TABLE innkeeper.later\(number) (number bigint);\n",
            oldestBeside: oldest)
        return Migrations(steps: Schema.postgres + [step])
    }

    @Test func `a step that this program may run beside is run while it serves, and it can be started anew`()
        async throws
    {
        let test = try PostgresUnderTest(isNew: true)
        let serving = try test.beside()
        try await serving.serve(as: "one")
        var link = try test.database.address.connect()
        let next = later(Migrations.known + 1, beside: Migrations.known)
        try next.run(on: &link)
        try await test.install("ws1")
        try await serving.serve(as: "one")
        let again = try test.beside()
        #expect(
            try await again.store.installations(matching: InstallationFilter(), page: PageRequest()).items.count == 1)
        // And the other way about: who knows the step finds it done.
        try next.run(on: &link)
    }

    @Test func `a step that it may not run beside waits until it has ended, and keeps it out from then on`()
        async throws
    {
        let test = try PostgresUnderTest(isNew: true)
        let serving = try test.beside()
        try await serving.serve(as: "one")
        var link = try test.database.address.connect()
        let next = later(Migrations.known + 1, beside: nil)
        do {
            try next.run(on: &link)
            Issue.record("one serves that does not know the step")
        } catch PostgresOpenError.olderBeside("one") {
            await serving.store.leave()
            try next.run(on: &link)
        }
        #expect(throws: PostgresOpenError.self) { _ = try test.beside() }
    }

    @Test func `the audit log is only appended to, whoever asks`() async throws {
        let test = try PostgresUnderTest()
        for statement in [
            "UPDATE innkeeper.audit SET detail = ''", "DELETE FROM innkeeper.audit", "TRUNCATE innkeeper.audit",
        ] {
            #expect(throws: LinkFailure.self) { try test.database.execute(statement) }
        }
    }

    @Test func `an add-on lives once in a workspace, whatever is decided`() async throws {
        let test = try PostgresUnderTest()
        try await test.install("ws1")
        #expect(throws: LinkFailure.self) {
            try test.database.execute(
                """
                INSERT INTO innkeeper.installation (number, addon_key, workspace_id, addon_id, status, updated_at,
                    installation_key, wrapped_key, storage_key)
                SELECT 99, addon_key, workspace_id, 'other', status, updated_at, installation_key, wrapped_key, storage_key
                FROM innkeeper.installation
                """)
        }
    }

    /// Every table with its columns, every constraint, index, sequence and trigger.
    private static let dump = """
        SELECT format('column %s.%s %s%s%s', relname, attname, format_type(atttypid, atttypmod),
            CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END,
            coalesce(' DEFAULT ' || pg_get_expr(adbin, adrelid), '')) COLLATE "C" AS line
        FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE relnamespace = 'innkeeper'::regnamespace AND relkind = 'r'
        UNION ALL SELECT format('constraint %s.%s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE connamespace = 'innkeeper'::regnamespace
        UNION ALL SELECT 'index ' || pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
        WHERE relnamespace = 'innkeeper'::regnamespace
        UNION ALL SELECT 'trigger ' || pg_get_triggerdef(pg_trigger.oid) FROM pg_trigger
        JOIN pg_class ON pg_class.oid = tgrelid
        WHERE relnamespace = 'innkeeper'::regnamespace AND NOT tgisinternal
        UNION ALL SELECT 'sequence ' || relname FROM pg_class
        WHERE relnamespace = 'innkeeper'::regnamespace AND relkind = 'S'
        ORDER BY line
        """
}
