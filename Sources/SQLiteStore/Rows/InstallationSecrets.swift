import GRDB
import Installations
import Marketplace
import Sealing
import Store

/// What lies sealed beside an installation's row: its tokens and its settings.
struct InstallationSecrets {
    let db: Database

    /// What lies there, as far as it is asked for. What has no name of ours is nothing of ours.
    func stored(_ parts: InstallationParts, of number: InstallationNumber) throws -> StoredSecrets {
        var secrets = StoredSecrets()
        if parts.contains(.named) {
            let named = try DirectStatement("SELECT name, sealed FROM installation_secret WHERE installation = ?", db)
            try named.forEach {
                try $0.bind(number, at: 1)
            } read: { row in
                if let name = SecretName(rawValue: row.text(0)) { secrets.named[name] = row.bytes(1) }
            }
        }
        guard parts.contains(.webhookTokens) else { return secrets }
        let tokens = try DirectStatement(
            "SELECT path, ordinal, sealed FROM webhook_token WHERE installation = ? ORDER BY path, ordinal", db)
        try tokens.forEach {
            try $0.bind(number, at: 1)
        } read: { row in
            secrets.tokens.append(StoredToken(path: row.text(0), ordinal: row.int64(1), sealed: row.bytes(2)))
        }
        return secrets
    }

    /// Puts a value in place of the one of the same name.
    func put(_ sealed: SealedValue, as name: SecretName, of number: InstallationNumber) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO installation_secret (installation, name, sealed) VALUES (?, ?, ?)
                ON CONFLICT (installation, name) DO UPDATE SET sealed = excluded.sealed
                """
        ).execute(arguments: [number, name.rawValue, sealed.bytes.databaseBytes])
    }

    func put(_ tokens: [SealedWebhookToken], of number: InstallationNumber) throws {
        let insertion = try DirectStatement(
            "INSERT INTO webhook_token (installation, path, ordinal, wire_path, sealed) VALUES (?, ?, ?, ?, ?)", db)
        for (ordinal, token) in tokens.enumerated() {
            try insertion.run { values in
                try values.bind(number, at: 1)
                try values.bind(token.path.text, at: 2)
                try values.bind(Int64(ordinal), at: 3)
                try values.bind(token.wirePath, at: 4)
                try values.bind(token.sealed.bytes, at: 5)
            }
        }
    }

    /// Puts other values in place of those that lie there.
    func replace(_ secrets: StoredSecrets, of number: InstallationNumber) throws {
        for (name, sealed) in secrets.named {
            try db.cachedStatement(
                sql: "UPDATE installation_secret SET sealed = ? WHERE installation = ? AND name = ?"
            ).execute(arguments: [sealed.databaseBytes, number, name.rawValue])
        }
        for token in secrets.tokens {
            try db.cachedStatement(
                sql: "UPDATE webhook_token SET sealed = ? WHERE installation = ? AND path = ? AND ordinal = ?"
            ).execute(arguments: [token.sealed.databaseBytes, number, token.path, token.ordinal])
        }
    }

    /// Removes all tokens, and the settings unless they are kept. The log must be emptied after the commit.
    func erase(_ number: InstallationNumber, keepingSettings: Bool) throws {
        try db.cachedStatement(sql: "DELETE FROM webhook_token WHERE installation = ?").execute(arguments: [number])
        try db.cachedStatement(
            sql: "DELETE FROM installation_secret WHERE installation = ? AND (name <> 'settings' OR NOT ?)"
        ).execute(arguments: [number, keepingSettings])
    }
}
