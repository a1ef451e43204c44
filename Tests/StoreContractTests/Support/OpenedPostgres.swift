import Installations
import PostgresSupport
import Sealing
import Store
import TestSupport

@testable import PostgresStore

struct OpenedPostgres: OpenedEngine {
    private let engine: PostgresStore
    private let database: TestDatabase
    var storeEngine: any StoreEngine { engine }

    /// A new deployment.
    init(under key: StorageKey, _ keyring: Keyring, at: Timestamp) throws {
        let database = try TestDatabase()
        try PostgresStore.create(at: try database.address, storageKey: key, actor: .system, at: at)
        try self.init(database, keyring)
    }

    private init(_ database: TestDatabase, _ keyring: Keyring) throws {
        self.database = database
        engine = try PostgresStore(at: try database.address, connections: 3, keyring: keyring)
    }

    func isWriteWaiting() throws -> Bool { try database.isAnybodyWaiting() }

    func reopened(in directory: TemporaryDirectory) throws -> any OpenedEngine {
        let keyring = try Keyring(directory: KeyDirectory(path: directory.path + "/keys"))
        return try OpenedPostgres(database, keyring)
    }

    func place(in directory: TemporaryDirectory) throws -> (any MovePlace)? {
        try PostgresPlace(at: try database.address, name: "postgres://u@h/source", isNew: false)
    }

    func damage(_ damage: Damage) async throws {
        var link = try database.address.connect()
        // Whoever may write everything has no trigger stop him.
        let begin = [Query("BEGIN"), Query("SET LOCAL session_replication_role = replica")]
        _ = try link.exchange(begin + [Self.statement(damage), Query("COMMIT")], within: 60)
    }

    private static func statement(_ damage: Damage) -> Query {
        switch damage {
        case .installationKey(let number):
            Query(
                "UPDATE innkeeper.installation SET wrapped_key = \(zeroed("wrapped_key")) WHERE number = $1",
                number.value)
        case .storageKey(let number):
            Query(
                """
                UPDATE innkeeper.installation
                SET wrapped_key = overlay(wrapped_key PLACING decode(repeat('00', 8), 'hex') FROM 3) WHERE number = $1
                """, number.value)
        case .storageKeyColumn(let number, let key):
            Query("UPDATE innkeeper.installation SET storage_key = $1 WHERE number = $2", key.description, number.value)
        case .webhookTokens(let number, let path):
            Query(
                """
                UPDATE innkeeper.webhook_token SET sealed = \(zeroed("sealed")) WHERE installation = $1 AND path = $2
                """, number.value, path)
        case .secrets(let number):
            Query("DELETE FROM innkeeper.installation_secret WHERE installation = $1", number.value)
        case .body(let event):
            Query("UPDATE innkeeper.event SET sealed_body = \(zeroed("sealed_body")) WHERE id = $1", event.number)
        case .moveBody(let event, let other):
            Query(
                """
                UPDATE innkeeper.event SET sealed_body = (SELECT sealed_body FROM innkeeper.event WHERE id = $1)
                WHERE id = $2
                """, event.number, other.number)
        case .status(let number, let status):
            Query("UPDATE innkeeper.installation SET status = $1 WHERE number = $2", status.rawValue, number.value)
        case .handedOut(let number):
            Query(
                """
                DELETE FROM innkeeper.handed_out_token WHERE installation = $1 AND digest = (
                    SELECT digest FROM innkeeper.handed_out_token WHERE installation = $1 ORDER BY digest DESC LIMIT 1)
                """, number.value)
        case .hold(let stream, let until):
            Query(
                "UPDATE innkeeper.stream_hold SET until = $1, length = $2 WHERE installation = $3", until.milliseconds,
                Int64.max, stream.value)
        case .end(let number, let at):
            Query("UPDATE innkeeper.installation SET ended_at = $1 WHERE number = $2", at?.milliseconds, number.value)
        case .workspace(let number, let name):
            Query("UPDATE innkeeper.installation SET workspace_id = $1 WHERE number = $2", name, number.value)
        case .tombstone(let number):
            Query(
                """
                INSERT INTO innkeeper.installation
                    (number, addon_key, workspace_id, addon_id, status, updated_at, ended_at)
                SELECT $1, addon_key, workspace_id, 'forged', 'DELETED', 1, 1 FROM innkeeper.installation LIMIT 1
                """, number.value)
        case .revocation(let key, let at):
            Query("UPDATE innkeeper.api_key SET revoked_at = $1 WHERE id = $2", at?.milliseconds, key)
        case .deploymentKeyColumn(let key):
            Query("UPDATE innkeeper.deployment SET storage_key = $1", key.description)
        case .rotation(let number, let key):
            Query(
                """
                INSERT INTO innkeeper.rotation (number, from_key, to_key, reencrypt, started_at, finished_at)
                VALUES ($1, $2, $2, false, 1, 1)
                """, number, key.description)
        case .putBack(let old):
            Query(
                "UPDATE innkeeper.installation SET status = $1, decided_by = $2, mac = $3 WHERE number = $4",
                old.status.rawValue, old.proof?.decidedBy.value, old.proof?.mac.bytes, old.number.value)
        case .copyToken(let number, let other):
            Query(
                """
                UPDATE innkeeper.installation_secret SET sealed = (SELECT sealed FROM innkeeper.installation_secret
                    WHERE installation = $1 AND name = 'installation-token')
                WHERE installation = $2 AND name = 'installation-token'
                """, number.value, other.value)
        case .removeAPIKey(let key): Query("DELETE FROM innkeeper.api_key WHERE id = $1", key)
        case .scopes(let key):
            Query(
                "UPDATE innkeeper.api_key SET scopes = $1 WHERE id = $2",
                Scope.allCases.map(\.rawValue).joined(separator: " "), key)
        case .record(let number):
            Query("UPDATE innkeeper.audit SET detail = 'edited' WHERE number = $1", number.value)
        case .recordsAfter(let number): Query("DELETE FROM innkeeper.audit WHERE number > $1", number.value)
        case .rotationEnd(let at): Query("UPDATE innkeeper.rotation SET finished_at = $1", at.milliseconds)
        case .form(let form): Query("UPDATE innkeeper.deployment SET form = $1", form.rawValue)
        case .state(let key, let state):
            Query("UPDATE innkeeper.storage_key SET state = $1 WHERE id = $2", state.rawValue, key.description)
        }
    }

    /// A sealed value with another end: it does not open any more, and names the same key.
    private static func zeroed(_ column: String) -> String {
        "substr(\(column), 1, length(\(column)) - 16) || decode(repeat('00', 16), 'hex')"
    }
}
