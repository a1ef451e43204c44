import Installations
import Marketplace
import Sealing
import Store

/// Installations in SQL: writing rows. What a row says is decided elsewhere, and so is what vouches for it.
enum InstallationWrites {
    static func write(
        _ change: RowChange, _ standing: Standing, _ proof: AuthorityProof, at: Timestamp
    ) -> Query {
        switch change {
        case .insert(let profile, let key): insert(standing, profile, proof, key: key, at: at)
        case .insertTombstone: insertTombstone(standing, proof, at: at)
        case .replaceTokens(let profile): replaceTokens(standing, profile, proof, at: at)
        case .setStatus:
            Query(
                """
                UPDATE innkeeper.installation SET status = $1, updated_at = $2, decided_by = $3, mac = $4,
                    version = \(InstallationRows.nextVersion)
                WHERE number = $5
                """, standing.status.rawValue, at.milliseconds, proof.decidedBy.value, proof.mac.bytes,
                standing.number.value)
        case .end:
            Query(
                """
                UPDATE innkeeper.installation SET status = $1, updated_at = $2, ended_at = $2, decided_by = $3, mac = $4,
                    version = \(InstallationRows.nextVersion)
                WHERE number = $5
                """, standing.status.rawValue, at.milliseconds, proof.decidedBy.value, proof.mac.bytes,
                standing.number.value)
        }
    }

    /// Version 2 as in the embedded store.
    private static func insert(
        _ standing: Standing, _ profile: InstallationProfile, _ proof: AuthorityProof, key: WrappedInstallationKey,
        at: Timestamp
    ) -> Query {
        Query(
            """
            INSERT INTO innkeeper.installation (number, addon_key, workspace_id, addon_id, status, api_url,
                addon_user_id, as_user, installed_at, updated_at, token_set, version, installation_key, wrapped_key,
                storage_key, issued_at, handed_out, decided_by, mac)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, 2, $11, $12, $13, $14, $15, $16, $17)
            """, standing.number.value, standing.id.addonKey.text, standing.id.workspaceID.text,
            standing.id.addonID.text, standing.status.rawValue, standing.apiURL, profile.addonUserID, profile.asUser,
            at.milliseconds, standing.tokenSet.value, key.id.bitPattern, key.wrapped.bytes, key.under.description,
            standing.issuedAt, standing.handedOut?.bytes, proof.decidedBy.value, proof.mac.bytes)
    }

    /// A row without keys and tokens, for an installation that ended before it was seen.
    private static func insertTombstone(_ standing: Standing, _ proof: AuthorityProof, at: Timestamp) -> Query {
        Query(
            """
            INSERT INTO innkeeper.installation (number, addon_key, workspace_id, addon_id, status, updated_at, ended_at,
                handed_out, decided_by, mac)
            VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9)
            """, standing.number.value, standing.id.addonKey.text, standing.id.workspaceID.text,
            standing.id.addonID.text, standing.status.rawValue, at.milliseconds, standing.handedOut?.bytes,
            proof.decidedBy.value, proof.mac.bytes)
    }

    private static func replaceTokens(
        _ standing: Standing, _ profile: InstallationProfile, _ proof: AuthorityProof, at: Timestamp
    ) -> Query {
        Query(
            """
            UPDATE innkeeper.installation SET api_url = $1, addon_user_id = $2, as_user = $3, updated_at = $4,
                token_set = $5, issued_at = $6, handed_out = $7, decided_by = $8, mac = $9,
                version = \(InstallationRows.nextVersion)
            WHERE number = $10
            """, standing.apiURL, profile.addonUserID, profile.asUser, at.milliseconds, standing.tokenSet.value,
            standing.issuedAt, standing.handedOut?.bytes, proof.decidedBy.value, proof.mac.bytes,
            standing.number.value)
    }

    /// Something that the row does not hold was changed.
    static func touch(_ number: InstallationNumber, at: Timestamp) -> Query {
        Query(
            """
            UPDATE innkeeper.installation SET updated_at = $1, version = \(InstallationRows.nextVersion) WHERE number = $2
            """, at.milliseconds, number.value)
    }

    /// Ends a row that nothing vouches for.
    static func endForged(_ number: InstallationNumber, at: Timestamp) -> Query {
        Query(
            """
            UPDATE innkeeper.installation SET status = 'SUPERSEDED', updated_at = $1, ended_at = $1,
                version = \(InstallationRows.nextVersion)
            WHERE number = $2
            """, at.milliseconds, number.value)
    }

    static func replaceKey(of number: InstallationNumber, with key: WrappedInstallationKey) -> Query {
        Query(
            """
            UPDATE innkeeper.installation SET installation_key = $1, wrapped_key = $2, storage_key = $3,
                version = \(InstallationRows.nextVersion)
            WHERE number = $4
            """, key.id.bitPattern, key.wrapped.bytes, key.under.description, number.value)
    }

    /// No event needs its key any more.
    static func destroyKey(of number: InstallationNumber, at: Timestamp) -> [Query] {
        [
            Query(
                """
                UPDATE innkeeper.installation SET wrapped_key = NULL, storage_key = NULL, installation_key = NULL,
                    updated_at = $1, version = \(InstallationRows.nextVersion)
                WHERE number = $2
                """, at.milliseconds, number.value),
            Query("DELETE FROM innkeeper.outgoing_key WHERE installation = $1", number.value),
        ]
    }
}
