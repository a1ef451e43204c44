import Foundation
import GRDB
import Installations
import Marketplace
import TestSupport

@testable import SQLiteStore
@testable import Sealing
@testable import Store

/// Makes a store look as the version before rows had proofs left it: no MAC, no digest of a handed-out token, an audit log
/// whose records decide nothing, and every value sealed for the shorter place.
struct OlderStore {
    let test: TestStore

    /// Closes the store and writes it back in time.
    func make() throws {
        try test.store.close()
        let queue = try DatabaseQueue(path: test.file)
        try queue.write { db in
            try reseal(db)
            try rewrap(db)
            try db.execute(sql: "DELETE FROM handed_out_token")
            for table in ["installation", "api_key", "storage_key", "rotation", "deployment"] {
                try db.execute(sql: "UPDATE \(table) SET mac = NULL, decided_by = NULL")
            }
            try db.execute(sql: "UPDATE installation SET issued_at = NULL, handed_out = NULL")
            try db.execute(sql: "UPDATE deployment SET form = 1")
            try rewriteAudit(db)
        }
        try queue.close()
    }

    /// Opens it again, with keys read anew.
    func open(_ lock: String) throws -> Store {
        Store(
            over: try SQLiteStore(
                path: test.file, lock: try ProcessLock(path: test.directory.path + "/" + lock),
                keyring: try Keyring(directory: KeyDirectory(path: test.directory.path + "/keys"))))
    }

    /// The deployment key, as it was wrapped before stores had forms.
    private func rewrap(_ db: Database) throws {
        let wrapped = try DeploymentRow.stored(db).sealedKey()
        let storageKey = try test.keyring.key(StorageKeyID(bitPattern: wrapped.keyIDBitPattern))
        let key = try storageKey.unwrapDeploymentKey(wrapped, in: DeploymentKeys.context(.current))
        try db.execute(
            sql: "UPDATE deployment SET wrapped_key = ?",
            arguments: [storageKey.wrap(key, in: DeploymentKeys.context(nil)).bytes.databaseBytes])
    }

    private func reseal(_ db: Database) throws {
        let rows = try Row.fetchAll(
            db, sql: "SELECT \(InstallationRows.columns) FROM installation WHERE wrapped_key IS NOT NULL")
        for row in rows {
            guard let id = try InstallationRows.idIfAny(row) else { continue }
            let (number, set): (InstallationNumber, TokenSet) = (row["number"], row["token_set"])
            let key = try test.store.vault.openKey(wrapped: row.bytes("wrapped_key"), of: id, number: number)
            func older(_ bytes: [UInt8], _ place: SealedPlace) throws -> Data {
                let secret = try key.open(try SealedValue(bytes: bytes), in: id.context(place))
                return Data(sealedAsBefore(secret, under: key, in: id.context(place, version: .one)))
            }
            for secret in try Row.fetchAll(
                db, sql: "SELECT * FROM installation_secret WHERE installation = ?", arguments: [number])
            {
                let name: String = secret["name"]
                try db.execute(
                    sql: "UPDATE installation_secret SET sealed = ? WHERE installation = ? AND name = ?",
                    arguments: [
                        try older(
                            secret.bytes("sealed"), name == "settings" ? .settings : .installationToken(set: set)),
                        number, name,
                    ])
            }
            for token in try Row.fetchAll(
                db, sql: "SELECT * FROM webhook_token WHERE installation = ?", arguments: [number])
            {
                guard let path = RoutePath.normalise(token["path"] as String) else { continue }
                try db.execute(
                    sql: "UPDATE webhook_token SET sealed = ? WHERE installation = ? AND path = ? AND ordinal = ?",
                    arguments: [
                        try older(token.bytes("sealed"), .webhookToken(path, set: set)), number, path.text,
                        token["ordinal"] as Int64,
                    ])
            }
            for event in try Row.fetchAll(
                db, sql: "SELECT * FROM event WHERE installation = ? AND sealed_body IS NOT NULL", arguments: [number])
            {
                let place = SealedPlace.event(EventID(number: event["id"]), type: event["type"])
                try db.execute(
                    sql: "UPDATE event SET sealed_body = ? WHERE id = ?",
                    arguments: [try older(event.bytes("sealed_body"), place), event["id"] as Int64])
            }
        }
    }

    /// A value of version 1, made with the cipher itself: the program writes no such value any more.
    private func sealedAsBefore(
        _ secret: SecretBytes, under key: InstallationKey, in context: SealingContext
    ) -> [UInt8] {
        let header: [UInt8] = [1, 2] + key.id.bytes
        let nonce = AEAD.Nonce.random()
        var ciphertext = [UInt8](repeating: 0, count: secret.count + AEAD.tagSize)
        secret.expose("test") { plaintext in
            ciphertext.withUnsafeMutableBytes { output in
                AEAD.seal(
                    plaintext, associatedData: context.associatedData(after: header[...]), nonce: nonce,
                    key: key.material, into: output)
            }
        }
        return header + withUnsafeBytes(of: nonce.bytes) { Array($0) } + ciphertext
    }

    private func rewriteAudit(_ db: Database) throws {
        let triggers = try String.fetchAll(db, sql: "SELECT sql FROM sqlite_schema WHERE type = 'trigger'")
        try db.execute(sql: "DROP TRIGGER audit_is_never_updated")
        var head = AuditChain.genesis
        for row in try Row.fetchAll(db, sql: "SELECT \(AuditRows.columns) FROM audit ORDER BY number") {
            let record = try AuditRows.record(row)
            let entry = AuditEntry(
                at: record.entry.at, actor: record.entry.actor, action: record.entry.action,
                installation: record.entry.installation, subject: record.entry.subject, outcome: record.entry.outcome,
                detail: record.entry.detail)
            head = test.engine.chain.hash(entry, number: record.number, after: head)
            try db.execute(
                sql: "UPDATE audit SET decides = '', hash = ? WHERE number = ?",
                arguments: [head.databaseBytes, record.number])
        }
        for trigger in triggers where trigger.contains("never_updated") { try db.execute(sql: trigger) }
    }
}
