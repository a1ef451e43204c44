import GRDB
import GRDBSQLite
import Installations
import Marketplace
import Sealing
import Webhooks

/// Appends events to the inbox, in the one transaction that its connection is in.
///
/// Values are bound through SQLite itself: GRDB would copy each body and make arrays of the rest.
struct EventAppending {
    private let current: OpaquePointer
    private let insertion: OpaquePointer

    init(_ db: Database) throws {
        current = try db.cachedStatement(
            sql: """
                SELECT 1 FROM installation
                WHERE number = ? AND token_set = ? AND installation_key = ? AND ended_at IS NULL
                """
        ).sqliteStatement
        insertion = try db.cachedStatement(
            sql: """
                INSERT INTO event (id, installation, type, state, received_at, sealed_body)
                VALUES (?, ?, ?, 'pending', ?, ?)
                """
        ).sqliteStatement
    }

    /// Appends a webhook only while what accepted it is in force: the same token set, the same installation key, not
    /// ended. The directory that accepted it may be a moment behind; this transaction is not.
    ///
    /// Not one statement, because SQLite makes a second journal for an INSERT … SELECT.
    func appendIfCurrent(_ event: InboxEvent) throws -> Bool {
        guard try isCurrent(event) else { return false }
        try append(
            event.id, installation: event.installation, type: event.type, receivedAt: event.receivedAt,
            body: event.body)
        return true
    }

    /// Appends an event.
    func append(
        _ id: EventID, installation: Int64, type: String, receivedAt: Timestamp, body: SealedValue
    ) throws {
        var type = type
        let code = type.withUTF8 { type in
            body.bytes.withUnsafeBytes { body in
                run(insertion) { statement in
                    // Nil says that the bytes stay where they are: until `run` has forgotten them.
                    sqlite3_bind_int64(statement, 1, id.number)
                        | sqlite3_bind_int64(statement, 2, installation)
                        | type.withMemoryRebound(to: CChar.self) {
                            sqlite3_bind_text(statement, 3, $0.baseAddress, CInt($0.count), nil)
                        }
                        | sqlite3_bind_int64(statement, 4, receivedAt.milliseconds)
                        | sqlite3_bind_blob64(statement, 5, body.baseAddress, sqlite3_uint64(body.count), nil)
                }
            }
        }
        guard code == SQLITE_DONE else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
    }

    private func isCurrent(_ event: InboxEvent) throws -> Bool {
        let code = run(current) { statement in
            sqlite3_bind_int64(statement, 1, event.installation)
                | sqlite3_bind_int64(statement, 2, event.tokenSet)
                | sqlite3_bind_int64(statement, 3, event.installationKey.bitPattern)
        }
        guard code == SQLITE_ROW || code == SQLITE_DONE else {
            throw DatabaseError(resultCode: ResultCode(rawValue: code))
        }
        return code == SQLITE_ROW
    }

    /// Takes one step, after which the statement holds neither a row nor a pointer.
    private func run(_ statement: OpaquePointer, _ bind: (OpaquePointer) -> CInt) -> CInt {
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        guard bind(statement) == SQLITE_OK else { return SQLITE_MISUSE }
        return sqlite3_step(statement)
    }
}
