import Foundation
import Synchronization

@testable package import PostgresStore

/// A database without a deployment, on the server that `scripts/with-postgres` started. Each is used by one test at a time, and
/// again by others: making one costs more than most tests.
package final class TestDatabase: Sendable {
    private static let free = Mutex<(names: [String], made: Int)>(([], 0))

    private let name: String
    /// Whether another test may have it afterwards.
    private let isReusable: Bool

    /// Whether there is a server.
    package static var isAvailable: Bool { server != nil }

    private static var server: String? { ProcessInfo.processInfo.environment["INNKEEPER_TEST_POSTGRES"] }

    /// An empty database.
    ///
    /// - Parameter isNew: Whether the form of its tables matters or is changed: then no test has had it before, and none will.
    package init(isNew: Bool = false) throws {
        isReusable = !isNew
        let (reused, made) = Self.free.withLock { free in
            let name = isNew ? nil : free.names.popLast()
            if name == nil { free.made += 1 }
            return (name, free.made)
        }
        name = reused ?? "test\(made)"
        if reused == nil {
            var link = try Self.address(of: "postgres").connect()
            _ = try link.rows(Query("CREATE DATABASE \(name)"))
        } else {
            // Whoever had it last may not be gone yet, and keeps others out.
            try cutConnections()
            var link = try address.connect()
            let begin = [Query("BEGIN"), Query("SET LOCAL session_replication_role = replica")]
            _ = try link.exchange(begin + [Query(Self.emptying), Query("COMMIT")], within: 60)
        }
    }

    deinit { if isReusable { Self.free.withLock { $0.names.append(name) } } }

    /// Where it is, as an operator says it.
    package var url: String { (Self.server ?? "").replacing("NAME", with: name) }

    /// Where it is.
    package var address: StoreAddress { get throws { try Self.address(of: name) } }

    /// The server's socket.
    var socket: String { Self.directory + "/.s.PGSQL.5432" }

    /// Where it is found through a socket in another directory.
    func url(through directory: String) -> String {
        (Self.server ?? "").replacing("NAME", with: name)
            .replacing(Self.escaped(Self.directory), with: Self.escaped(directory))
    }

    private static var directory: String {
        (server ?? "").split(separator: "host=").last.map { String($0).replacing("%2F", with: "/") } ?? ""
    }

    private static func escaped(_ path: String) -> String { path.replacing("/", with: "%2F") }

    /// Runs a statement, as somebody does who may do everything.
    package func execute(_ statement: String) throws {
        var link = try address.connect()
        _ = try link.rows(Query(statement))
    }

    /// Ends all its connections, as a server that is started anew does.
    package func cutConnections() throws {
        try execute(
            """
            SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
            """)
    }

    /// Whether a transaction waits for a lock that another one has.
    package func isAnybodyWaiting() throws -> Bool {
        var link = try address.connect()
        let waiting = try link.rows(
            Query(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
        )
        return waiting.first?.int(0) ?? 0 > 0
    }

    private static func address(of name: String) throws -> StoreAddress {
        guard let address = StoreAddress(url: (server ?? "").replacing("NAME", with: name)) else { throw NoServer() }
        return address
    }

    /// Nobody said where it is.
    struct NoServer: Error {}

    /// Every row goes but the list of steps that ran; tables that are made anew would be files that are made anew.
    private static let emptying = """
        DO $$ DECLARE name text; BEGIN
            FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'innkeeper' AND tablename <> 'migration' LOOP
                EXECUTE format('DELETE FROM innkeeper.%I', name);
            END LOOP;
            IF to_regclass('innkeeper.clock') IS NOT NULL THEN
                INSERT INTO innkeeper.clock (one, shown, swept) VALUES (1, 0, 0);
                PERFORM setval('innkeeper.installation_number', 1, false);
            END IF;
        END $$
        """
}
