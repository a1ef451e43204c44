import Foundation
import GRDB
import Installations
import Schema
import Sealing
import Store
import TestSupport
import Testing

@testable import SQLiteStore
@testable import Store

@Suite struct SQLiteStoreTests {
    @Test func `a commit is synced in full and the log is a WAL`() async throws {
        let test = try TestStore()
        let pragmas = try await test.engine.pool.writeWithoutTransaction { db in
            [
                try String.fetchOne(db, sql: "PRAGMA synchronous"), try String.fetchOne(db, sql: "PRAGMA journal_mode"),
                try String.fetchOne(db, sql: "PRAGMA secure_delete"), try String.fetchOne(db, sql: "PRAGMA mmap_size"),
                try String.fetchOne(db, sql: "PRAGMA wal_autocheckpoint"),
                try String.fetchOne(db, sql: "PRAGMA cache_size"),
            ]
        }
        #expect(pragmas == ["2", "wal", "1", "0", "2048", "-8192"])
    }

    @Test func `events of an older store are kept as they are`() throws {
        let queue = try DatabaseQueue()
        let columns =
            "id, installation, type, state, received_at, attempts, settled_at, replayed_at, failure, hex(sealed_body)"
        func events() throws -> [Row] {
            try queue.read { db in try Row.fetchAll(db, sql: "SELECT \(columns) FROM event ORDER BY id") }
        }
        try SQLiteStore.migrator().migrate(queue, upTo: "v005_delivery")
        try queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO installation (number, addon_key, workspace_id, addon_id, status, updated_at, ended_at)
                    VALUES (7, 'a', 'w', 'i', 'DELETED', 1, 1);
                    INSERT INTO event (id, installation, type, state, received_at, attempts, sealed_body, settled_at,
                        replayed_at, failure)
                    VALUES (1, 7, 'A', 'delivered', 11, 1, NULL, 21, NULL, NULL),
                        (2, 7, 'B', 'dead', 12, 9, x'0102', 22, 32, 'timeout'),
                        (3, 7, 'C', 'leased', 13, 1, x'03', NULL, NULL, NULL),
                        (4, 7, 'D', 'pending', 14, 0, x'04', NULL, NULL, NULL);
                    """)
        }
        let before = try events()
        try SQLiteStore.migrator().migrate(queue)
        #expect(try events() == before)
        #expect(throws: DatabaseError.self) {
            try queue.write { db in try db.execute(sql: "UPDATE event SET state = 'lost' WHERE id = 4") }
        }
    }

    /// Looking at all of them took twenty seconds of the first start with a million installations.
    @Test func `only a step that makes a table anew looks at what refers to it`() throws {
        let remaking = Schema.sqlite.filter { $0.sql.contains("DROP TABLE") }.map(\.name)
        #expect(Schema.sqlite.filter(\.remakesTable).map(\.name) == remaking)

        let queue = try DatabaseQueue()
        let migrator = SQLiteStore.migrator()
        try migrator.migrate(queue, upTo: try #require(remaking.last))
        // A reference that leads nowhere: whoever looks at it stops.
        try queue.writeWithoutTransaction { db in
            try db.execute(
                sql: """
                    PRAGMA foreign_keys = OFF;
                    INSERT INTO event (id, installation, type, state, received_at) VALUES (1, 9, 'T', 'delivered', 0);
                    PRAGMA foreign_keys = ON;
                    """)
        }
        try migrator.migrate(queue)
        #expect(try queue.read(migrator.hasCompletedMigrations))
    }

    @Test func `a store of the build with a list of what is not proven opens as well`() throws {
        let test = try TestStore()
        try test.store.close()
        for sql in [
            """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = replace(sql, 'issued_at INTEGER, decided_by INTEGER, mac BLOB',
                'issued_at INTEGER, decided_by INTEGER, mac BLOB CHECK (length(mac) = 32)') WHERE name = 'installation'
            """,
            """
            CREATE INDEX installation_unproven ON installation (number) WHERE mac IS NULL;
            DELETE FROM grdb_migrations WHERE identifier = 'v012_no_list_of_unproven'
            """,
        ] {
            let queue = try DatabaseQueue(path: test.file)
            try queue.writeWithoutTransaction { db in try db.execute(sql: sql) }
            try queue.close()
        }
        let keyring = try Keyring(directory: KeyDirectory(path: test.directory.path + "/keys"))
        let lock = try ProcessLock(path: test.directory.path + "/lock2")
        let store = Store(over: try SQLiteStore(path: test.file, lock: lock, keyring: keyring))
        let dump = try store.sqlite.pool.read(StoreSchema.dump).joined()
        #expect(dump.contains("mac BLOB CHECK (length(mac) = 32),") && !dump.contains("installation_unproven"))
    }

    @Test func `the schema is the golden dump`() async throws {
        let test = try TestStore()
        let dump = try await test.engine.pool.read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT sql || ';' FROM sqlite_schema
                    WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'grdb_%'
                    ORDER BY type, name
                    """)
        }
        let golden = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../schema/sqlite.sql")
        let text = dump.joined(separator: "\n\n") + "\n"
        if ProcessInfo.processInfo.environment["INNKEEPER_WRITE_GOLDEN"] != nil {
            try text.write(to: golden, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: golden, encoding: .utf8) == text)
    }

    @Test func `every table is strict`() async throws {
        let test = try TestStore()
        let loose = try await test.engine.pool.read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT name FROM pragma_table_list
                    WHERE schema = 'main' AND type = 'table' AND strict = 0
                        AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'grdb_%'
                    """)
        }
        #expect(loose == [])
    }

    @Test func `a second process is kept out, and the message names the holder`() throws {
        let test = try TestStore()
        let error = #expect(throws: StoreOpenError.self) {
            _ = try ProcessLock(path: test.directory.path + "/lock")
        }
        #expect("\(try #require(error))".contains("process \(getpid())"))
    }

    @Test func `the key file of another store is refused before anything is served`() throws {
        let test = try TestStore()
        try test.store.close()
        let id = try #require(test.keyring.ids.first)
        let file = test.directory.path + "/keys/\(id).key"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        // The same id, another key: only the check value can tell.
        let other = text.replacing(#/[0-9a-f]{64}/#, with: String(repeating: "a", count: 64))
        #expect(other != text)
        try Data(other.utf8).write(to: URL(filePath: file))
        let keyring = try Keyring(directory: KeyDirectory(path: test.directory.path + "/keys"))
        let lock = try ProcessLock(path: test.directory.path + "/lock2")
        #expect(throws: NeededKeyError.self) { _ = try SQLiteStore(path: test.file, lock: lock, keyring: keyring) }
    }

    @Test func `a store that a newer program has changed is left alone`() async throws {
        let test = try TestStore()
        try await test.engine.pool.write { db in
            try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('v999_unheard_of')")
        }
        try test.store.close()
        let lock = try ProcessLock(path: test.directory.path + "/lock2")
        let error = #expect(throws: StoreOpenError.self) {
            _ = try SQLiteStore(path: test.file, lock: lock, keyring: test.keyring)
        }
        #expect("\(try #require(error))".contains("newer innkeeper"))
    }

    @Test func `a missing key file is named`() throws {
        let test = try TestStore()
        try test.store.close()
        let id = try #require(test.keyring.ids.first)
        try FileManager.default.removeItem(atPath: test.directory.path + "/keys/\(id).key")
        let keyring = try Keyring(directory: KeyDirectory(path: test.directory.path + "/keys"))
        let lock = try ProcessLock(path: test.directory.path + "/lock2")
        let error = #expect(throws: NeededKeyError.self) {
            _ = try SQLiteStore(path: test.file, lock: lock, keyring: keyring)
        }
        #expect("\(try #require(error))".contains("\(id).key"))
    }

    @Test func `what was committed is there after the file is opened again`() async throws {
        let test = try TestStore()
        let platform = try TestPlatform()
        let id = try platform.id()
        _ = try await test.store.perform(platform.call(id, try platform.install(id), at: TestClock().now))
        let newest = test.store.eventIDs.next(at: TestClock().now)
        try test.store.close()

        let again = Store(
            over: try SQLiteStore(
                path: test.file, lock: try ProcessLock(path: test.directory.path + "/lock2"), keyring: test.keyring))
        #expect(try await again.installation(id)?.status == .active)
        #expect(again.eventIDs.next(at: Timestamp(milliseconds: 0)).number > newest.number - 10)
    }

    @Test func `a second primary key cannot be written`() async throws {
        let test = try TestStore()
        let error = await #expect(throws: DatabaseError.self) {
            try await test.engine.pool.write { db in
                try db.execute(
                    sql: """
                        INSERT INTO storage_key (id, state, created_at, check_value)
                        VALUES ('0123456789abcdef', 'primary', 1, zeroblob(16))
                        """)
            }
        }
        #expect(error?.resultCode == .SQLITE_CONSTRAINT)
    }
}
