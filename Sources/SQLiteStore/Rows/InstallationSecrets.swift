import GRDB
import Installations
import Marketplace
import Sealing

/// What lies sealed beside an installation's row, inside the transaction that changes it: its tokens and its settings.
struct InstallationSecrets {
    let tools: StoreTools
    let db: Database

    /// Puts the tokens of an INSTALLED in the places of the token set that `standing` names.
    func put(_ request: InstallRequest, of standing: InstallationRows.Standing, under key: InstallationKey) throws {
        let (id, set) = (standing.id, standing.tokenSet)
        try put(
            "installation-token", key.seal(request.token, in: id.context(.installationToken(set: set))),
            of: standing.number)
        let insertion = try DirectStatement(
            "INSERT INTO webhook_token (installation, path, ordinal, wire_path, sealed) VALUES (?, ?, ?, ?, ?)", db)
        for (ordinal, grant) in request.webhooks.enumerated() {
            let sealed = key.seal(grant.token, in: id.context(.webhookToken(grant.path, set: set)))
            try insertion.run { values in
                try values.bind(standing.number, at: 1)
                try values.bind(grant.path.text, at: 2)
                try values.bind(Int64(ordinal), at: 3)
                try values.bind(grant.wirePath, at: 4)
                try values.bind(sealed.bytes, at: 5)
            }
        }
    }

    /// Puts a value in place of the one of the same name.
    func put(_ name: String, _ sealed: SealedValue, of number: Int64) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO installation_secret (installation, name, sealed) VALUES (?, ?, ?)
                ON CONFLICT (installation, name) DO UPDATE SET sealed = excluded.sealed
                """
        ).execute(arguments: [number, name, sealed.bytes.databaseBytes])
    }

    /// Removes all tokens, and the settings unless they are kept. The log must be emptied after the commit.
    func erase(_ number: Int64, keepingSettings: Bool) throws {
        try db.cachedStatement(sql: "DELETE FROM webhook_token WHERE installation = ?").execute(arguments: [number])
        try db.cachedStatement(
            sql: "DELETE FROM installation_secret WHERE installation = ? AND (name <> 'settings' OR NOT ?)"
        ).execute(arguments: [number, keepingSettings])
    }
}
