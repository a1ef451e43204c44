import Installations
import Marketplace
import Sealing
import Store

/// What lies sealed beside the rows of installations: their tokens and their settings.
enum SecretRows {
    /// The settings and installation tokens of these installations.
    static func named(of numbers: [InstallationNumber]) -> Query {
        Query(
            "SELECT installation, name, sealed FROM innkeeper.installation_secret WHERE installation = ANY($1)",
            Column(numbers.map(\.value)))
    }

    /// Their webhook tokens.
    static func tokens(of numbers: [InstallationNumber]) -> Query {
        Query(
            """
            SELECT installation, path, ordinal, sealed FROM innkeeper.webhook_token WHERE installation = ANY($1)
            ORDER BY installation, path, ordinal
            """, Column(numbers.map(\.value)))
    }

    /// Digests of all tokens that they were ever given.
    static func handedOut(to numbers: [InstallationNumber]) -> Query {
        Query(
            """
            SELECT installation, digest FROM innkeeper.handed_out_token WHERE installation = ANY($1)
            ORDER BY installation, digest
            """, Column(numbers.map(\.value)))
    }

    /// What lies beside each. What has no name of ours is nothing of ours.
    static func secrets(
        named: ResultRows? = nil, tokens: ResultRows? = nil
    ) -> [InstallationNumber: StoredSecrets] {
        var secrets: [InstallationNumber: StoredSecrets] = [:]
        named?.forEach { row in
            guard let name = SecretName(rawValue: row.text(1)) else { return }
            secrets[row.installation(0), default: StoredSecrets()].named[name] = row.bytes(2)
        }
        tokens?.forEach { row in
            secrets[row.installation(0), default: StoredSecrets()].tokens.append(
                StoredToken(path: row.text(1), ordinal: row.int(2), sealed: row.bytes(3)))
        }
        return secrets
    }

    /// The digests of each; nil for those that do not read as such.
    static func handedOut(_ rows: ResultRows) -> [InstallationNumber: [Digest?]] {
        var digests: [InstallationNumber: [Digest?]] = [:]
        rows.forEach { row in
            digests[row.installation(0), default: []].append(Digest(bytes: row.bytes(1)))
        }
        return digests
    }

    // MARK: Writing

    static func put(_ sealed: SealedValue, as name: SecretName, of number: InstallationNumber) -> Query {
        Query(
            """
            INSERT INTO innkeeper.installation_secret (installation, name, sealed) VALUES ($1, $2, $3)
            ON CONFLICT (installation, name) DO UPDATE SET sealed = excluded.sealed
            """, number.value, name.rawValue, sealed.bytes)
    }

    static func put(_ tokens: [SealedWebhookToken], of number: InstallationNumber) -> Query {
        Query(
            """
            INSERT INTO innkeeper.webhook_token (installation, path, ordinal, wire_path, sealed)
            SELECT $1, path, ordinal - 1, wire_path, sealed
            FROM unnest($2::text[], $3::text[], $4::bytea[]) WITH ORDINALITY AS token (path, wire_path, sealed, ordinal)
            """, number.value, Column(tokens.map(\.path.text)), Column(tokens.map(\.wirePath)),
            Column(tokens.map(\.sealed.bytes)))
    }

    /// Keeps digests that are not there yet.
    static func keepHandedOut(_ digests: [Digest], of number: InstallationNumber) -> Query {
        Query(
            """
            INSERT INTO innkeeper.handed_out_token (installation, digest) SELECT $1, unnest($2::bytea[])
            ON CONFLICT DO NOTHING
            """, number.value, Column(digests.map(\.bytes)))
    }

    /// Puts other values in place of those that lie there.
    static func replace(_ secrets: StoredSecrets, of number: InstallationNumber) -> [Query] {
        let named = Array(secrets.named)
        return [
            Query(
                """
                UPDATE innkeeper.installation_secret AS old SET sealed = new.sealed
                FROM unnest($2::text[], $3::bytea[]) AS new (name, sealed)
                WHERE installation = $1 AND old.name = new.name
                """, number.value, Column(named.map(\.key.rawValue)), Column(named.map(\.value))),
            Query(
                """
                UPDATE innkeeper.webhook_token AS old SET sealed = new.sealed
                FROM unnest($2::text[], $3::int8[], $4::bytea[]) AS new (path, ordinal, sealed)
                WHERE installation = $1 AND old.path = new.path AND old.ordinal = new.ordinal
                """, number.value, Column(secrets.tokens.map(\.path)), Column(secrets.tokens.map(\.ordinal)),
                Column(secrets.tokens.map(\.sealed))),
        ]
    }

    /// Removes all tokens, and the settings unless they are kept.
    static func erase(_ number: InstallationNumber, keepingSettings: Bool) -> [Query] {
        [
            Query("DELETE FROM innkeeper.webhook_token WHERE installation = $1", number.value),
            Query(
                "DELETE FROM innkeeper.installation_secret WHERE installation = $1 AND (name <> 'settings' OR NOT $2)",
                number.value, keepingSettings),
        ]
    }
}
