import Foundation
import GRDB
import Installations
import Marketplace
import Sealing
import Store

/// Fills a store with sealed rows as installs would leave them, much faster than installs: without signatures, without a
/// commit for each, without waiting for the disk. For measuring what happens afterwards.
struct Seed {
    let installations: Int
    let webhooks: Int
    let events: Int
    /// Vouches for the rows, as the store itself would.
    let seal: AuthoritySeal
    /// Knows the tokens again.
    let handedOut: HandedOutTokens

    private static let apiURL = "https://api.clockify.me/api"
    /// About as long as a platform's token: RS256 over five claims.
    private static let token = SecretBytes(utf8: String(repeating: "t", count: 560))

    func fill(_ path: String, _ keyring: Keyring) throws {
        var configuration = Configuration()
        configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA synchronous = OFF") }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        let primary = try queue.read { db in
            try String.fetchOne(db, sql: "SELECT id FROM storage_key WHERE state = 'primary'") ?? ""
        }
        guard let id = StorageKeyID(primary) else { throw SeedError() }
        let key = try keyring.key(id)
        let ids = EventIDGenerator(after: nil)
        var number = 1
        while number <= installations {
            let chunk = number..<min(number + 10_000, installations + 1)
            try queue.write { db in
                for number in chunk { try insert(number, key, ids, db) }
            }
            number = chunk.upperBound
        }
        // The pool that opens it next expects a log that is empty.
        try queue.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        try queue.close()
    }

    private func insert(_ number: Int, _ storageKey: StorageKey, _ ids: EventIDGenerator, _ db: Database) throws {
        let now = Timestamp.now()
        guard let addonKey = AddonKey("sample-addon"), let workspaceID = WorkspaceID(text(0x65a0_0001, number)),
            let addonID = AddonID(text(0x65a0_0002, number))
        else { throw SeedError() }
        let id = InstallationID(addonKey: addonKey, workspaceID: workspaceID, addonID: addonID)
        let key = InstallationKey.random()
        let digest = handedOut.digest(of: Self.token)
        let summary = seal.summary(ofHandedOut: [digest])
        // The record that made the store vouches for all of them.
        let proof = seal.prove(
            .installation(
                id, number: InstallationNumber(Int64(number)), status: .active, apiURL: Self.apiURL, tokenSet: 1,
                issuedAt: nil,
                handedOut: summary),
            decidedBy: 1)
        try db.cachedStatement(
            sql: """
                INSERT INTO installation (number, addon_key, workspace_id, addon_id, status, api_url, addon_user_id, as_user,
                    installed_at, updated_at, token_set, installation_key, wrapped_key, storage_key, handed_out, decided_by,
                    mac)
                VALUES (?, ?, ?, ?, 'ACTIVE', ?, '1a2b3c', '60348d', ?, ?, 1, ?, ?, ?, ?, 1, ?)
                """
        ).execute(arguments: [
            number, addonKey.text, workspaceID.text, addonID.text, Self.apiURL, now.milliseconds, now.milliseconds,
            key.id.bitPattern, Data(storageKey.wrap(key, in: id.context(.installationKey)).bytes),
            storageKey.id.description, Data(summary.bytes), Data(proof.mac.bytes),
        ])
        try db.cachedStatement(sql: "INSERT INTO handed_out_token (installation, digest) VALUES (?, ?)")
            .execute(arguments: [number, Data(digest.bytes)])
        try db.cachedStatement(
            sql: "INSERT INTO installation_secret (installation, name, sealed) VALUES (?, 'installation-token', ?)"
        ).execute(arguments: [number, Data(key.seal(Self.token, in: id.context(.installationToken(set: 1))).bytes)])
        for webhook in 0..<webhooks {
            guard let path = RoutePath.normalise("/webhooks/w\(webhook)") else { throw SeedError() }
            try db.cachedStatement(
                sql: "INSERT INTO webhook_token (installation, path, ordinal, wire_path, sealed) VALUES (?, ?, ?, ?, ?)"
            ).execute(arguments: [
                number, path.text, webhook, "/" + path.text,
                Data(key.seal(Self.token, in: id.context(.webhookToken(path, set: 1))).bytes),
            ])
        }
        for _ in 0..<events {
            let event = ids.next(at: now)
            try db.cachedStatement(
                sql: """
                    INSERT INTO event (id, installation, type, state, received_at, sealed_body)
                    VALUES (?, ?, 'NEW_TIME_ENTRY', 'pending', ?, ?)
                    """
            ).execute(arguments: [
                event.number, number, now.milliseconds,
                Data(
                    key.seal(
                        [UInt8](repeating: 0x20, count: 600), in: id.context(.event(event, type: "NEW_TIME_ENTRY"))
                    ).bytes),
            ])
        }
    }

    private func text(_ prefix: Int, _ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(prefix, radix: 16) + String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// The store is not one that can be filled.
struct SeedError: Error {}
