import GRDB
import Installations
import Marketplace
import Sealing
import Store

/// What lies sealed beside an installation's row: its tokens and its settings.
struct InstallationSecrets {
    let db: Database

    /// A value as it lies there; nil when there is none.
    func sealed(_ name: SecretName, of number: Int64) throws -> [UInt8]? {
        try Row.fetchOne(
            db.cachedStatement(sql: "SELECT sealed FROM installation_secret WHERE installation = ? AND name = ?"),
            arguments: [number, name.rawValue]
        ).map { $0.bytes(at: 0) }
    }

    /// Puts a value in place of the one of the same name.
    func put(_ sealed: SealedValue, as name: SecretName, of number: Int64) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO installation_secret (installation, name, sealed) VALUES (?, ?, ?)
                ON CONFLICT (installation, name) DO UPDATE SET sealed = excluded.sealed
                """
        ).execute(arguments: [number, name.rawValue, sealed.bytes.databaseBytes])
    }

    func put(_ tokens: [SealedWebhookToken], of number: Int64) throws {
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

    /// Removes all tokens, and the settings unless they are kept. The log must be emptied after the commit.
    func erase(_ number: Int64, keepingSettings: Bool) throws {
        try db.cachedStatement(sql: "DELETE FROM webhook_token WHERE installation = ?").execute(arguments: [number])
        try db.cachedStatement(
            sql: "DELETE FROM installation_secret WHERE installation = ? AND (name <> 'settings' OR NOT ?)"
        ).execute(arguments: [number, keepingSettings])
    }
}
