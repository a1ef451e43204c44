import Foundation
import GRDB
import Installations
import Sealing
import Store
import TestSupport

@testable import SQLiteStore

struct OpenedSQLite: OpenedEngine {
    private let engine: SQLiteStore
    private let openings: Int
    var storeEngine: any StoreEngine { engine }

    static func path(_ directory: TemporaryDirectory) -> String { directory.path + "/store.sqlite" }

    /// Opens the store of a directory, for the time with this number.
    init(in directory: TemporaryDirectory, _ keyring: Keyring, openings: Int = 1) throws {
        self.openings = openings
        // A lock of its own for each: the one before goes with the last reference to it.
        engine = try SQLiteStore(
            path: Self.path(directory), lock: try ProcessLock(path: directory.path + "/lock\(openings)"),
            keyring: keyring, minFreeBytes: 0)
    }

    func reopened(in directory: TemporaryDirectory) throws -> any OpenedEngine {
        let keyring = try Keyring(directory: KeyDirectory(path: directory.path + "/keys"))
        return try OpenedSQLite(in: directory, keyring, openings: openings + 1)
    }

    func place(in directory: TemporaryDirectory) throws -> (any MovePlace)? {
        let lock = try ProcessLock(path: directory.path + "/lock-\(UInt64.random(in: .min ... .max))")
        return try SQLitePlace(at: Self.path(directory), lock: lock, isNew: false)
    }

    func damage(_ damage: Damage) async throws {
        let (sql, arguments) = Self.statement(damage)
        try await engine.pool.write { db in
            // Whoever can write the file can drop a trigger and make it again.
            let triggers = try String.fetchAll(db, sql: "SELECT sql FROM sqlite_schema WHERE type = 'trigger'")
            try db.execute(sql: "DROP TRIGGER audit_is_never_updated; DROP TRIGGER audit_is_never_deleted;")
            // He has a program of his own, which need not check anything.
            try db.execute(sql: "PRAGMA ignore_check_constraints = ON")
            try db.execute(sql: sql, arguments: arguments)
            try db.execute(sql: "PRAGMA ignore_check_constraints = OFF")
            for trigger in triggers { try db.execute(sql: trigger) }
        }
    }

    private static func statement(_ damage: Damage) -> (String, StatementArguments) {
        switch damage {
        case .installationKey(let number):
            ("UPDATE installation SET wrapped_key = \(zeroed("wrapped_key")) WHERE number = ?", [number])
        case .storageKey(let number):
            (
                """
                UPDATE installation SET wrapped_key =
                    CAST(substr(wrapped_key, 1, 2) || zeroblob(8) || substr(wrapped_key, 11) AS BLOB) WHERE number = ?
                """, [number]
            )
        case .storageKeyColumn(let number, let key):
            ("UPDATE installation SET storage_key = ? WHERE number = ?", [key.description, number])
        case .webhookTokens(let number, let path):
            (
                "UPDATE webhook_token SET sealed = \(zeroed("sealed")) WHERE installation = ? AND path = ?",
                [number, path]
            )
        case .secrets(let number): ("DELETE FROM installation_secret WHERE installation = ?", [number])
        case .body(let event):
            ("UPDATE event SET sealed_body = \(zeroed("sealed_body")) WHERE id = ?", [event.number])
        case .moveBody(let event, let other):
            (
                "UPDATE event SET sealed_body = (SELECT sealed_body FROM event WHERE id = ?) WHERE id = ?",
                [event.number, other.number]
            )
        case .status(let number, let status):
            ("UPDATE installation SET status = ? WHERE number = ?", [status.rawValue, number])
        case .handedOut(let number):
            (
                """
                DELETE FROM handed_out_token WHERE installation = ?1
                    AND digest = (SELECT max(digest) FROM handed_out_token WHERE installation = ?1)
                """, [number]
            )
        case .hold(let stream, let until):
            (
                "UPDATE stream_hold SET until = ?, length = \(Int64.max) WHERE installation = ?",
                [until.milliseconds, stream]
            )
        case .end(let number, let at):
            ("UPDATE installation SET ended_at = ? WHERE number = ?", [at?.milliseconds, number])
        case .workspace(let number, let name):
            ("UPDATE installation SET workspace_id = ? WHERE number = ?", [name, number])
        case .tombstone(let number):
            (
                """
                INSERT INTO installation (number, addon_key, workspace_id, addon_id, status, updated_at, ended_at)
                SELECT ?, addon_key, workspace_id, 'forged', 'DELETED', 1, 1 FROM installation LIMIT 1
                """, [number]
            )
        case .revocation(let key, let at):
            ("UPDATE api_key SET revoked_at = ? WHERE id = ?", [at?.milliseconds, key])
        case .deploymentKeyColumn(let key): ("UPDATE deployment SET storage_key = ?", [key.description])
        case .rotation(let number, let key):
            (
                """
                INSERT INTO rotation (number, from_key, to_key, reencrypt, started_at, finished_at)
                VALUES (?1, ?2, ?2, 0, 1, 1)
                """, [number, key.description]
            )
        case .putBack(let old):
            (
                "UPDATE installation SET status = ?, decided_by = ?, mac = ? WHERE number = ?",
                [old.status.rawValue, old.proof?.decidedBy, old.proof.map { Data($0.mac.bytes) }, old.number]
            )
        case .copyToken(let number, let other):
            (
                """
                UPDATE installation_secret SET sealed = (SELECT sealed FROM installation_secret
                    WHERE installation = ?1 AND name = 'installation-token')
                WHERE installation = ?2 AND name = 'installation-token'
                """, [number, other]
            )
        case .removeAPIKey(let key): ("DELETE FROM api_key WHERE id = ?", [key])
        case .scopes(let key):
            (
                "UPDATE api_key SET scopes = ? WHERE id = ?",
                [Scope.allCases.map(\.rawValue).joined(separator: " "), key]
            )
        case .record(let number): ("UPDATE audit SET detail = 'edited' WHERE number = ?", [number])
        case .recordsAfter(let number): ("DELETE FROM audit WHERE number > ?", [number])
        case .rotationEnd(let at): ("UPDATE rotation SET finished_at = ?", [at.milliseconds])
        case .form(let form): ("UPDATE deployment SET form = ?", [form.rawValue])
        case .state(let key, let state):
            ("UPDATE storage_key SET state = ? WHERE id = ?", [state.rawValue, key.description])
        }
    }

    /// A sealed value with another end: it does not open any more, and names the same key.
    private static func zeroed(_ column: String) -> String {
        "CAST(substr(\(column), 1, length(\(column)) - 16) || zeroblob(16) AS BLOB)"
    }
}
